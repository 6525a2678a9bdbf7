"""Each crate's `rust-version` is that of what it depends on, or newer.

Read from `cargo metadata` over the lock file, with all features and without what only tests need.
"""

import json
import subprocess
import sys


def version(package):
    """The `rust-version` as three numbers; a package without one asks for nothing."""
    text = package["rust_version"] or "0"
    numbers = [int(number) for number in text.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def needed(root, nodes):
    """The ids of all packages that `root` is built with, itself left out."""
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        for dependency in nodes[node]["deps"]:
            is_built_with = any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
            if is_built_with and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    return seen - {root}


def main():
    command = ["cargo", "metadata", "--format-version", "1", "--all-features", "--locked"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    wrong = False
    for member in metadata["workspace_members"]:
        package = packages[member]
        if not package["rust_version"]:
            print(f"{package['name']} says no rust-version", file=sys.stderr)
            wrong = True
            continue
        newest = max(
            (packages[id] for id in needed(member, nodes)), key=version, default=None
        )
        if newest is None:
            print(f"{package['name']}: {package['rust_version']}, built with nothing else")
            continue
        print(
            f"{package['name']}: {package['rust_version']}, its newest dependency "
            f"{newest['name']} {newest['version']}: {newest['rust_version']}"
        )
        if version(newest) > version(package):
            print(f"{package['name']}: the rust-version is too low", file=sys.stderr)
            wrong = True
    sys.exit(wrong)


if __name__ == "__main__":
    main()
