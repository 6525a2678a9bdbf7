"""Runs the tests of Flask and Werkzeug through the gateway: `python run.py FOLDER`.

FOLDER holds the unpacked source distributions. A test that fails must be in known-failures.txt, with its
reason, and one that is there must fail. At least 90 % of the tests that use a client pass.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SUITES = {
    "flask": ["tests"],
    # All that use a client of an application in process. Those of test_serving.py are clients of a server.
    "werkzeug": ["tests/test_test.py", "tests/test_wrappers.py", "tests/test_debug.py", "tests/middleware",
                 "tests/test_formparser.py", "tests/test_wsgi.py", "tests/test_exceptions.py", "tests/test_utils.py"],
}


def known():
    """The failures that are known, with their reasons."""
    failures = {}
    for line in (HERE / "known-failures.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, reason = line.partition(" -- ")
            assert reason.strip(), f"no reason: {line}"
            failures[name.strip()] = reason.strip()
    return failures


def main(folder):
    expected, failed, passed_with, failed_with = known(), set(), 0, 0
    for suite, arguments in SUITES.items():
        (source,) = pathlib.Path(folder).glob(f"{suite}-*/")
        outcome = pathlib.Path(folder).resolve() / f"{suite}.outcome"
        outcome.unlink(missing_ok=True)
        code = subprocess.call(
            [sys.executable, "-m", "pytest", "-q", "-p", "through_gateway", f"--outcome={outcome}",
             "-p", "no:cacheprovider", "--tb=line", *arguments],
            cwd=source,
            env={**__import__("os").environ, "PYTHONPATH": str(HERE)},
        )
        # 1: tests have failed. Anything else is no result.
        assert code in (0, 1), f"pytest ended with {code}"
        for line in outcome.read_text().splitlines():
            kind, value = line.split(" ", 1)
            if kind == "failed":
                failed.add(f"{suite} {value}")
            elif kind == "passed-with-client":
                passed_with += int(value)
            else:
                failed_with += int(value)
    share = passed_with / (passed_with + failed_with)
    print(f"{passed_with} of {passed_with + failed_with} tests that use a client pass: {share:.1%}")
    new, gone = sorted(failed - expected.keys()), sorted(expected.keys() - failed)
    for name in new:
        print(f"failed, and is not known to: {name}")
    for name in gone:
        print(f"passed, and is known to fail: {name}")
    return 1 if new or gone or share < 0.9 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
