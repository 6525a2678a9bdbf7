"""Holds the results of Autobahn against those in the tree: none may be worse.

The file has a line for each case that is not simply right: stack, case, the result, and how the connection
was closed. A case without a line has to be `OK OK`.
"""

import collections
import json
import pathlib
import sys

# The better, the lower. INFORMATIONAL judges nothing.
RANKS = {"OK": 0, "INFORMATIONAL": 0, "NON-STRICT": 1, "UNIMPLEMENTED": 2, "UNCLEAN": 3,
         "WRONG CODE": 3, "FAILED BY CLIENT": 3, "FAILED": 4}
RIGHT = ("OK", "OK")


def case_key(case):
    return [int(part) for part in case.split(".")]


def results(directory):
    stack = directory.name
    index = json.loads((directory / "index.json").read_text())
    for case, entry in index[stack].items():
        yield (stack, case), (entry["behavior"], entry["behaviorClose"])


def known(path):
    if not path.exists():
        return {}
    lines = (line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#"))
    return {(stack, case): (behavior, close) for stack, case, behavior, close in lines}


def rank(result):
    return [RANKS.get(part, 5) for part in result]


def main(arguments):
    update = arguments[:1] == ["--update"]
    golden, *directories = map(pathlib.Path, arguments[update:])
    found = dict(result for directory in directories for result in results(directory))

    for directory in directories:
        ours = [result for (stack, _), result in found.items() if stack == directory.name]
        counts = collections.Counter(behavior for behavior, _ in ours)
        closes = collections.Counter(close for _, close in ours)
        print(f"{directory.name}: {len(ours)} cases; {dict(counts)}; closed {dict(closes)}")
        if len(ours) < 250:
            sys.exit(f"{directory.name}: the suite has not run all of its cases")

    if update:
        lines = ["# stack, case, result, close; see .ci/autobahn.py"]
        for (stack, case), result in sorted(found.items(), key=lambda item: (item[0][0], case_key(item[0][1]))):
            if result != RIGHT:
                lines.append("\t".join((stack, case, *result)))
        golden.write_text("\n".join(lines) + "\n")
        return

    before = known(golden)
    worse = 0
    for key, result in found.items():
        expected = before.get(key, RIGHT)
        pairs = list(zip(rank(result), rank(expected)))
        if any(is_now > was for is_now, was in pairs):
            print(f"worse: {' '.join(key)}: {result}, and it was {expected}", file=sys.stderr)
            worse += 1
        elif any(is_now < was for is_now, was in pairs):
            print(f"better: {' '.join(key)}: {result}, and it was {expected}; run .ci/autobahn PYTHON --update")
    if worse:
        sys.exit(f"{worse} results are worse than in {golden}")


main(sys.argv[1:])
