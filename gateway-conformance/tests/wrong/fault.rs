//! What the gateway of these tests can be made to do wrong.

/// The case after which [`Fault::StopsAnswering`] answers nobody any more.
pub(crate) const LAST_CASE: &str = "n5_text_is_html";

/// One fault. Each is a mistake that some server or bridge has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Sends the body of a 204.
    BodyOn204,
    /// Treats HEAD as GET.
    BodyOnHead,
    /// Adds a Content-Length to a 304.
    LengthOn304,
    /// Decodes an encoded percent sign in the path before the app decodes.
    DecodesTwice,
    /// Makes one line of the Set-Cookie lines.
    JoinsSetCookie,
    /// Makes one Cookie line with commas of several.
    JoinsCookiesWithCommas,
    /// Never drops the body of a stream.
    NeverClosesBodies,
    /// Commits at an empty chunk.
    CommitsOnEmptyChunks,
    /// Sends an empty chunk as one, which ends the body.
    SendsEmptyChunks,
    /// Sends what a malformed header injects.
    LetsLineEndsThrough,
    /// Answers with the head of the first start where the second was refused.
    SwallowsSecondStarts,
    /// Ends a stream that failed as if it were whole.
    EndsCleanlyOnErrors,
    /// Collects a stream before it sends it.
    BuffersStreams,
    /// Takes the mount point out of the target instead of making it SCRIPT_NAME.
    LosesTheMount,
    /// Drops a question mark with nothing behind it.
    DropsBareQuestionMarks,
    /// Sends the app the method in upper case.
    UppercasesMethods,
    /// Makes one slash of several.
    CollapsesSlashes,
    /// Takes a chunked body that is cut short for a whole one.
    TakesCutForEnd,
    /// Takes what the app did not read for the next request.
    LeavesUnreadInput,
    /// Closes the connection when the app panics.
    ClosesOnPanics,
    /// Sends trailers to clients that did not ask for them.
    SendsTrailersAlways,
    /// Shows the client the text of an error.
    ShowsErrors,
    /// Never sends 100 Continue.
    NeverContinues,
    /// Replaces NUL bytes.
    ReplacesNulls,
    /// Sends the declared length and the whole body, whatever its own length.
    IgnoresDeclaredLengths,
    /// Gives requests with no type one.
    InventsTypes,
    /// Believes X-Forwarded-Proto.
    TrustsForwarded,
    /// Gives the app its own address as the peer's.
    GivesItsOwnAddress,
    /// Takes an underscore in a name for a dash.
    TakesUnderscoresForDashes,
    /// Keeps headers of the request before on the connection.
    KeepsHeaders,
    /// Calls apps and polls bodies outside any runtime.
    KnowsNoRuntime,
    /// Offers nothing, as a host does that cannot switch.
    OffersNothing,
    /// Offers what it can, and does not switch to it.
    OffersInVain,
    /// Offers the first of several protocols only.
    OffersTheFirstOnly,
    /// Knows protocols in lower case only.
    ComparesOffersByCase,
    /// Makes protocols of what is none.
    TidiesOffers,
    /// Offers without the connection option.
    TakesUpgradeAlone,
    /// Offers what the client does not.
    InventsOffers,
    /// Offers to requests of HTTP/1.0.
    OffersToHttp10,
    /// Offers to requests with a body.
    OffersBesideBodies,
    /// Offers WebSocket whatever the method is.
    OffersWebSocketToAll,
    /// Reads no request behind an offer that was declined.
    TakesDeclinedOffersForSwitches,
    /// Sends no body in answer to an offer.
    DropsDeclines,
    /// Switches, whatever the app's status and protocol say.
    SwitchesWhateverIsAsked,
    /// Sends a 101 that switches nothing.
    Sends101WithBytes,
    /// Puts a body of its own around one that switches.
    ReplacesSwitches,
    /// Ends the exchange when the head of a switch is sent.
    EndsExchangesAtTheHead,
    /// Sends no Upgrade field in a switch.
    NoUpgradeOn101,
    /// Sends a length in a switch.
    LengthOn101,
    /// Sends a type in a switch.
    TypeOn101,
    /// Loses what the client sent with its offer.
    LosesEarlyBytes,
    /// Lets the app write before the head is out.
    WritesBeforeTheHead,
    /// Never tells the app that its client has gone.
    ForgetsTheEnd,
    /// Sends what the app wrote only when the app goes on.
    CutsFarewells,
    /// Leaves the stream open behind the app.
    NeverEndsStreams,
    /// Closes while the client is sending.
    ClosesOnUnreadBytes,
    /// Leaves the stream open when the app has failed.
    KeepsFailedStreams,
    /// Sends nothing to a client that has ended its direction.
    ClosesHalfClosedStreams,
    /// Does not end its direction when the app does.
    IgnoresShutdown,
    /// Polls the app only while the client reads.
    PollsWithTheClient,
    /// Takes whatever the app writes.
    BuffersWithoutBound,
    /// Reads nothing while a write waits.
    HalfDuplex,
    /// Takes no more connections after [`LAST_CASE`].
    StopsAnswering,
}
