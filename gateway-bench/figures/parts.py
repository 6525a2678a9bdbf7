#!/usr/bin/env python3
"""Makes a copy of the tree without the parts that were asked for since the core was redrawn.

    parts.py FOLDER    copies the tree there, and cuts the parts out of the copy

What is left does what the core did before: it calls the app, holds it to the clauses of that time, and
sends. `figures.sh parts` counts the instructions of the copy, for the table "Since before the core was redrawn"
of FIGURES.md. The copy breaks clauses: it is only there to be counted. A cut whose text is not found ends this
with an error: the code has changed, and the cut must, too.
"""

import pathlib
import shutil
import subprocess
import sys

CORE = "gateway-core/src/"
ACTIX = "adapter-actix/src/"

# Path, what is cut, what is there instead.
CUTS = [
    # The judgement of each head (E12, E14, I2), and whether the client takes trailers (B11).
    (
        CORE + "gateway.rs",
        """            let kind = match refuse::judge(&mut environ) {
                (kind, None) => kind,
                (kind, Some(refused)) => {
                    drop(environ);
                    return match refused {
                        Refused::Malformed(error) => commit_malformed(owner, &error, kind),
                        Refused::ByHost(error) => {
                            turn::give_one(owner.exchange(), kind).await;
                            commit_refusal(owner, error, kind)
                        }
                    };
                }
            };
""",
        "            let kind = RequestKind::new(environ.request_method(), environ.version());\n",
    ),
    (CORE + "environ/recycle.rs", "        *refusal = None;\n", "        let _ = refusal;\n"),
    # Observers (L8).
    (
        CORE + "gateway.rs",
        """        if let Some(observer) = self.shared.observer.get() {
            environ.observe_shared(observer.clone());
        }
        let owner""",
        "        let owner",
    ),
    (CORE + "exchange.rs", "is_observed: !self.observations.is_empty(),\n            ..committed?", "is_observed: false,\n            ..committed?"),
    (CORE + "exchange/owner.rs", "            self.tell(&mut unshared.slot_mut().observations, is_cutting);\n", ""),
    # The turn after an unread body (I5).
    (CORE + "gateway.rs", "            turn::give_one(owner.exchange(), kind).await;\n            match called", "            match called"),
    # Switches of protocols (U1 to U16), closed(), and aborts that wake their host (L3, B8).
    (
        CORE + "gateway/call.rs",
        """            Repr::Stream { frames, .. } if frames.switch().is_some() => {
                Ok(Ready::Switch(AppBody::new(frames)))
            }
""",
        "",
    ),
    (CORE + "gateway/commit.rs", "    switch::check(status, ready, owner.exchange(), kind)?;\n", ""),
    (CORE + "environ/recycle.rs", "        *offers = None;\n", "        let _ = offers;\n"),
    (
        CORE + "exchange/recycle.rs",
        "        *host = None;\n        watchers.clear();\n        observations.clear();\n        *offers = None;\n",
        "        let _ = (host, watchers, observations, offers);\n",
    ),
    # Extensions of responses.
    (CORE + "exchange.rs", "        std::mem::swap(response.extensions_mut(), &mut self.extensions);\n", ""),
    (
        CORE + "exchange/recycle.rs",
        "        if !extensions.is_empty() {\n            extensions.clear();\n        }\n",
        "        let _ = extensions;\n",
    ),
    # Starts that a restart makes stale (S2).
    (
        CORE + "exchange/attempt.rs",
        "        let started = if exchange.restarts() != restarts {\n            Err(state.too_late())\n        } else if replaces {",
        "        let _ = restarts;\n        let started = if replaces {",
    ),
    (CORE + "exchange/recycle.rs", "        *self.restarts.get_mut() = 0;\n", ""),
    # Shutdown (L4).
    (CORE + "exchange/owner.rs", "        let is_cutting = exchange.is_cutting();\n", "        let is_cutting = false;\n"),
    (
        CORE + "exchange/recycle.rs",
        "|exchange: &Arc<Self>| exchange.shutdown.as_ref().is_some_and(|own| own.is(signal));",
        "|_: &Arc<Self>| true;",
    ),
    # The parameters of routes, and the right to the stream.
    (
        "adapter-tower/src/request.rs",
        "    let switchable = spawner.take(&mut parts.extensions);\n    extensions::note_path_params(&mut parts);\n",
        "    let switchable: Option<Box<Switchable>> = None;\n    let _ = spawner;\n",
    ),
    (ACTIX + "worker.rs", "        request::note_path_params(lease.request(), &mut environ);\n", ""),
    (ACTIX + "response.rs", "        let is_tunnel = head.version < Version::HTTP_2 && is_tunnel(head);\n", "        let is_tunnel = false;\n"),
    # What follows on a connection that has ended (E17).
    (
        ACTIX + "worker.rs",
        "            facts.version < Version::HTTP_2 && ending::has_ended(lease.request().head());\n",
        "            false;\n",
    ),
]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    copy = pathlib.Path(sys.argv[1])
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy / name)
    for name, text, instead in CUTS:
        path = copy / name
        source = path.read_text()
        if source.count(text) != 1:
            sys.exit(f"{name} has this {source.count(text)} times, not once:\n{text}")
        path.write_text(source.replace(text, instead))


if __name__ == "__main__":
    main()
