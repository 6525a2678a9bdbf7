"""Holds a report of the conformance table to what is expected of a front end.

compare.py NAME REPORT EXPECTED [--write]: EXPECTED has a line `passed N`, and for each case that the front
end cannot pass its name and the reason. A `?` behind the name says that it depends on the moment. A case that
fails and is not listed, a listed one that passes, and fewer cases that pass than N are errors.
"""

import json
import sys

name, report, expected = sys.argv[1:4]
writes = "--write" in sys.argv
with open(report) as file:
    report = json.load(file)
listed, least, lacks = {}, 0, []
with open(expected) as file:
    for line in file:
        word, _, rest = line.strip().partition(" ")
        if word == "passed":
            least = int(rest)
        elif word == "lacks":
            lacks.append(rest)
        elif word and not word.startswith("#"):
            listed[word] = rest
failed = {row["name"]: row.get("message", "") for row in report["rows"] if row["outcome"] == "failed"}
passed = report["totals"]["passed"]
reason = lambda case: listed.get(case) or listed.get(case + "?")
wrong = list(report["problems"])
for case, message in failed.items():
    if not reason(case):
        wrong.append(f"{case} fails: {message}")
for case in listed:
    if not case.endswith("?") and case not in failed:
        wrong.append(f"{case} passes: its line is to be taken away")
varies = sum(1 for case in listed if case.endswith("?"))
if passed + varies < least:
    wrong.append(f"{least} cases passed before")
print(f"{name:18}{passed} passed, {len(failed)} failed as listed" if not wrong else f"{name:18}{passed} passed")
if writes:
    with open(expected, "w") as file:
        print(f"passed {passed}", file=file)
        for lack in lacks:
            print(f"lacks {lack}", file=file)
        for case in failed:
            mark = "?" if listed.get(case + "?") else ""
            print(f"{case}{mark} {reason(case) or 'TODO ' + failed[case][:150]}", file=file)
        for case, why in listed.items():
            # It may fail another time.
            if case.endswith("?") and case[:-1] not in failed:
                print(f"{case} {why}", file=file)
elif wrong:
    print("\n".join(f"  {line}" for line in wrong), file=sys.stderr)
    sys.exit(1)
