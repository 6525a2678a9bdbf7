"""The types and traits of other crates in a public API are those that the manifest allows.

`external_types.py MANIFEST JSON`: the list is `allowed_external_types` under
`[package.metadata.cargo_check_external_types]`, where a `*` stands for anything; the API is what
rustdoc wrote with `--output-format json`. A type that is not in the list is an error, and so is an
entry of the list that no type needs. The standard library is always allowed.
"""

import fnmatch
import json
import sys
import tomllib

STANDARD = {"alloc", "core", "std", "proc_macro"}


def references(value):
    """The ids of all paths in a part of an item."""
    if isinstance(value, dict):
        # A path to a type or a trait, or what a `pub use` names.
        if isinstance(value.get("id"), int) and ("path" in value or "source" in value):
            yield value["id"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def is_written(item):
    """Not an implementation that the compiler derived, or that another crate gives to all types."""
    implementation = item["inner"].get("impl")
    return not implementation or not (
        implementation["is_synthetic"] or implementation["blanket_impl"]
    )


def foreign(api):
    """The full name of each foreign item of the API, with the first own item that has it."""
    found = {}
    skipped = set()
    for item in api["index"].values():
        if not is_written(item):
            skipped.update(item["inner"]["impl"]["items"])
    for id, item in api["index"].items():
        if item["crate_id"] != 0 or int(id) in skipped or not is_written(item):
            continue
        span = item["span"] or {"filename": "?", "begin": [0]}
        place = f"{span['filename']}:{span['begin'][0]}"
        for reference in references(item["inner"]):
            summary = api["paths"].get(str(reference))
            if summary and summary["crate_id"] != 0 and summary["path"][0] not in STANDARD:
                found.setdefault("::".join(summary["path"]), place)
    return found


def main():
    manifest, document = sys.argv[1:]
    with open(manifest, "rb") as file:
        metadata = tomllib.load(file)["package"].get("metadata", {})
    allowed = metadata.get("cargo_check_external_types", {}).get("allowed_external_types", [])
    with open(document, encoding="utf-8") as file:
        found = foreign(json.load(file))
    wrong = False
    for name, place in sorted(found.items()):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed):
            print(f"{manifest}: {name} is not in the list (first used at {place})", file=sys.stderr)
            wrong = True
    for pattern in allowed:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in found):
            print(f"{manifest}: no foreign type is {pattern}", file=sys.stderr)
            wrong = True
    print(f"{manifest}: {len(found)} foreign types and traits")
    sys.exit(wrong)


if __name__ == "__main__":
    main()
