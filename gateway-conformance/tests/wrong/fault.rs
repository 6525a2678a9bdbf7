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
    /// Takes no more connections after [`LAST_CASE`].
    StopsAnswering,
}
