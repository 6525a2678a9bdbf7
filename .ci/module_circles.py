"""Finds circles among the modules of a crate, from the `use` lines and paths of its sources.

    python3 .ci/module_circles.py gateway-core/src

An edge leads to the file that defines an item, through re-exports. A part of a module may use what its module
defines, so edges are compared where two paths part: `body::frames` and `body::switch` are siblings, and
`environ::host` uses no sibling by using `environ`. Tests inside of a file do not count.
"""

import re
import sys
from pathlib import Path

USE = re.compile(r"^\s*(pub(?:\([a-z]+\))?\s+)?use\s+([^;]+);", re.M)
PATH = re.compile(r"\b(?:crate|super)(?:::\w+)+")


def read(root):
    """The code of each module, by its path."""
    modules = {}
    for file in root.rglob("*.rs"):
        code = file.read_text().split("#[cfg(test)]\nmod tests")[0]
        code = re.sub(r"^\s*//.*$", "", code, flags=re.M)
        parts = file.relative_to(root).with_suffix("").parts
        modules[() if parts == ("lib",) else parts] = code
    return modules


def expand(path):
    """The paths in a `use`, without its braces."""
    head, brace, rest = path.strip().partition("{")
    if not brace:
        return [re.split(r"\s+as\s+", head)[0].strip()]
    items, depth = [""], 0
    for char in rest.rstrip()[:-1]:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            items.append("")
        else:
            items[-1] += char
    items = [item.strip() for item in items if item.strip()]
    return [path for item in items for path in ([head[:-2]] if item == "self" else expand(head + item))]


def resolve(modules, module, path):
    """The module that a path leads to, and the name in it. `None` for a foreign crate."""
    names = path.split("::")
    at = module
    if names[0] == "crate":
        at, names = (), names[1:]
    elif names[0] in ("self", "super"):
        while names and names[0] in ("self", "super"):
            at = at[:-1] if names.pop(0) == "super" else at
    elif (*at, names[0]) not in modules:
        return None
    while names and (*at, names[0]) in modules:
        at = (*at, names.pop(0))
    return at, names[0] if names else None


def edges(modules):
    uses, exports = [], {}
    for module, code in modules.items():
        for public, path in USE.findall(code):
            for path in expand(path):
                target = resolve(modules, module, path)
                if target and public:
                    exports[module, path.split("::")[-1]] = target
                elif target:
                    uses.append((module, target))
        uses += [(module, resolve(modules, module, path)) for path in PATH.findall(USE.sub("", code))]
    for module, target in uses:
        while target in exports:
            target = exports[target]
        yield module, target[0]


def siblings(one, other):
    """The two paths, cut where they part. `None` if one holds the other."""
    for at, (left, right) in enumerate(zip(one, other)):
        if left != right:
            return one[: at + 1], other[: at + 1]
    return None


def circle(graph):
    """One circle, if there is any."""
    done = set()

    def visit(node, trail):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        found = next(filter(None, (visit(to, trail + [node]) for to in sorted(graph.get(node, ())))), None)
        done.add(node)
        return found

    return next(filter(None, (visit(node, []) for node in sorted(graph))), None)


def main():
    modules = read(Path(sys.argv[1]))
    graph = {}
    for one, other in edges(modules):
        pair = siblings(one, other)
        if pair:
            graph.setdefault(pair[0], set()).add(pair[1])
    # A reader of nothing would find nothing.
    assert sum(map(len, graph.values())) > 100, "too few edges were read"
    found = circle(graph)
    if found:
        sys.exit("a circle of modules: " + " -> ".join("::".join(module) for module in found))


main()
