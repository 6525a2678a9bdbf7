#!/usr/bin/env python3
"""Counts the components and what upstream has in their place, by one rule, as the rows of a table.

A line counts if it has code: no blank line, no comment, no test. `count.py --check PAGE` compares the rows
with those of a page. Upstream's crates come from the registry, by `cargo info`.
"""

import re
import subprocess
import sys
from os import environ
from pathlib import Path

HERE = Path(__file__).parent

# The name, the component's folder, and upstream's files: a crate, its version, and what of it.
COMPONENTS = [
    (
        "Swagger UI (`utoipa-swagger-ui`)",
        "openapi",
        [
            ("utoipa-swagger-ui", "10.0.2", "src/actix.rs"),
            ("utoipa-swagger-ui", "10.0.2", "src/axum.rs"),
            ("utoipa-swagger-ui", "10.0.2", "src/rocket.rs"),
        ],
    ),
    (
        "GraphQL (`async-graphql`)",
        "graphql",
        [
            ("async-graphql-actix-web", "7.2.1", "src/*.rs"),
            ("async-graphql-axum", "7.2.1", "src/*.rs"),
            ("async-graphql-poem", "7.2.1", "src/*.rs"),
            ("async-graphql-rocket", "7.2.1", "src/*.rs"),
            ("async-graphql-tide", "7.2.1", "src/*.rs"),
            ("async-graphql-warp", "7.2.1", "src/*.rs"),
        ],
    ),
    (
        "WebDAV (`dav-server`)",
        "dav",
        [
            ("dav-server", "0.11.0", "src/actix.rs"),
            ("dav-server", "0.11.0", "src/warp.rs"),
        ],
    ),
    ("MCP (`rmcp`)", "mcp", [("rmcp-actix-web", "0.13.2", "src/**/*.rs")]),
    (
        "Sentry (`sentry-core`) and OpenTelemetry (`tracing-opentelemetry`)",
        "observability",
        [
            ("sentry-actix", "0.49.3", "src/*.rs"),
            ("sentry-tower", "0.49.3", "src/*.rs"),
            ("tracing-actix-web", "0.7.25", "src/*.rs"),
            ("axum-tracing-opentelemetry", "0.33.0", "src/**/*.rs"),
        ],
    ),
]


def lines(text):
    """How many lines of a file have code."""
    # A module of tests is the last thing of a file here and upstream.
    text = re.split(r"^\s*#\[cfg\(test\)\]\s*\n\s*mod \w+ \{", text, flags=re.MULTILINE)[0]
    count, in_comment = 0, False
    for line in map(str.strip, text.splitlines()):
        if in_comment:
            in_comment = "*/" not in line
        elif line.startswith("/*"):
            in_comment = "*/" not in line
        elif line and not line.startswith("//"):
            count += 1
    return count


def in_files(folder, pattern):
    files = sorted(folder.glob(pattern))
    if not files:
        sys.exit(f"{folder} has no {pattern}")
    return sum(lines(file.read_text()) for file in files)


def source(crate, version):
    """The folder of a crate in the registry's cache."""
    home = Path(environ.get("CARGO_HOME", Path.home() / ".cargo"))
    pattern = f"registry/src/*/{crate}-{version}"
    if not list(home.glob(pattern)):
        # It unpacks what it tells of.
        info = ["cargo", "info", "--quiet", f"{crate}@{version}"]
        subprocess.run(info, check=True, stdout=subprocess.DEVNULL)
    found = list(home.glob(pattern))
    return found[0] if found else sys.exit(f"{crate} {version} is not in the registry's cache")


def rows():
    for name, folder, upstream in COMPONENTS:
        own = in_files(HERE / folder, "src/**/*.rs")
        parts, total = [], 0
        for crate, version, pattern in upstream:
            count = in_files(source(crate, version), pattern)
            stem = Path(pattern).stem
            part = crate.removeprefix("async-graphql-") if stem == "*" else stem
            parts.append(f"{part} {count}")
            total += count
        versions = dict.fromkeys(version for _, version, _ in upstream)
        yield f"| {name} | {own} | {total} ({', '.join(parts)}; {', '.join(versions)}) | hyper, axum, actix-web |"


def main():
    table = list(rows())
    if sys.argv[1:2] == ["--check"]:
        page = Path(sys.argv[2]).read_text().splitlines()
        missing = [row for row in table if row not in page]
        print(*missing, sep="\n")
        sys.exit(f"{sys.argv[2]} does not have these rows" if missing else 0)
    print(*table, sep="\n")


if __name__ == "__main__":
    main()
