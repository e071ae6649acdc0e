"""Checks that the source tree keeps to the rules of its rooms; prints every breach.

    check_rooms.py [ROOT]

Exit status 0 if there is none, 1 if there are some.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# Each room, and what it may include directly; what those may include, it may include too. An entry
# with a slash allows that one header. A room may always include itself.
ROOMS = {
    "base": [],
    "tensor": ["base"],
    "kernels": ["base", "tensor"],
    "formats": ["base", "tensor", "kernels/dequantize.h"],
    "hooks": ["base", "tensor"],
    "ops": ["kernels"],
    "tokenizers": ["formats"],
    "hub": ["formats"],
    "models": ["ops", "kernels", "formats", "hooks"],
    "results": ["tensor", "base"],
    "run": ["models", "tokenizers", "hooks", "hub", "results"],
    "statistics": ["base"],
    "learn": ["base", "tensor", "kernels", "statistics"],
    "interventions": ["run", "hooks", "kernels", "results", "statistics"],
    "probing": ["run", "hooks", "formats", "kernels", "results", "statistics", "learn",
                "interventions"],
    "attention": ["run", "hooks", "ops", "kernels", "results"],
    "lenses": ["run", "hooks", "ops", "kernels", "results"],
    "reports": ["results", "tensor", "base"],
}
# The command line is on top of every room and no room may include it.
PROGRAMS = ["cli"]
# Folders of tests/ that mirror no room, and why they are there.
OTHER_TESTS = {
    "architecture": "these rules",
    "browser": "pages in a browser",
    "cli": "the command line",
    "front_door": "./run",
    "goldens": "expected values",
    "parity": "numbers against Transformers",
    "planted": "models with known answers",
}
# Folders that hold what a build or others made.
NOT_OURS = {"target", "third_party", "generated", "__pycache__"}

LONGEST_FILE = 400  # lines
CODE = {".h", ".cpp", ".rs", ".py", ".in"}
# Highway includes such a header once for each instruction set.
MANY_TIMES = "-inl.h"
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<((?:headlens|cli)/[^>]+)>)', re.MULTILINE)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One file under headlens/ or cli/."""

    path: str  # from the root, with slashes
    text: str

    @property
    def room(self) -> str:
        parts = self.path.split("/")
        return parts[0] if parts[0] in PROGRAMS else parts[1]

    @property
    def includes(self) -> list[str]:
        return [quoted or angled for quoted, angled
                in INCLUDE.findall(BLOCK_COMMENT.sub("", self.text))]

    @property
    def lacks_guard(self) -> bool:
        return (self.path.endswith(".h") and not self.path.endswith(MANY_TIMES)
                and "#pragma once" not in self.text.splitlines())


def allowed_rooms(room: str) -> set[str]:
    """All that `room` may include: itself, its entries, and theirs."""
    allowed = {room}
    for entry in ROOMS[room]:
        allowed |= {entry} if "/" in entry else allowed_rooms(entry)
    return allowed


def read_sources(root: Path) -> list[Source]:
    sources = []
    for top in ["headlens", *PROGRAMS]:
        for path in sorted((root / top).rglob("*")):
            relative = path.relative_to(root)
            if path.suffix in CODE and path.is_file() and not NOT_OURS & set(relative.parts):
                sources.append(Source(relative.as_posix(), path.read_text(encoding="utf-8")))
    return sources


def check_include(source: Source, include: str, files: set[str]) -> str | None:
    top, _, rest = include.partition("/")
    if top not in ["headlens", *PROGRAMS]:
        return f'{source.path}: "{include}" is not a full path from the root'
    if not {include, include + ".in"} & files:  # CMake makes x.h of x.h.in
        return f'{source.path}: "{include}" does not exist'
    if source.room in PROGRAMS:
        return None
    if top in PROGRAMS:
        return f"{source.path}: {source.room} may not include {include}: no room may include {top}"
    allowed = allowed_rooms(source.room)
    if rest.split("/")[0] in allowed or rest in allowed:
        return None
    return (f"{source.path}: {source.room} may not include {include}; "
            f"it may include {', '.join(sorted(allowed - {source.room})) or 'no room'}")


def breaches_of_includes(sources: list[Source]) -> list[str]:
    files = {source.path for source in sources}
    found = []
    for source in sources:
        if source.room not in ROOMS and source.room not in PROGRAMS:
            found.append(f"{source.path}: lies in no room that the table knows")
            continue
        checked = (check_include(source, include, files) for include in source.includes)
        found += [breach for breach in checked if breach]
    return found


def breaches_of_cycles(sources: list[Source]) -> list[str]:
    """Depth first; an include of a file that is still open closes a cycle."""
    includes = {source.path: source.includes for source in sources}
    found, finished, trail = [], set(), []

    def visit(path: str) -> None:
        if path in trail:
            found.append("include cycle: " + " -> ".join([*trail[trail.index(path):], path]))
        elif path in includes and path not in finished:
            trail.append(path)
            for include in includes[path]:
                visit(include)
            trail.pop()
            finished.add(path)

    for path in includes:
        visit(path)
    return found


def breaches_of_tests(root: Path) -> list[str]:
    tests = root / "tests"
    folders = sorted(path for path in tests.iterdir() if path.is_dir()) if tests.is_dir() else []
    return [f"tests/{folder.name}: mirrors no room of headlens/" for folder in folders
            if folder.name not in OTHER_TESTS.keys() | NOT_OURS
            and not (root / "headlens" / folder.name).is_dir()]


def breaches_of_files(sources: list[Source]) -> list[str]:
    found = []
    for source in sources:
        lines = source.text.count("\n")
        if lines > LONGEST_FILE:
            found.append(f"{source.path}: {lines} lines, more than {LONGEST_FILE}: split it")
        if source.lacks_guard:
            found.append(f"{source.path}: a header without #pragma once")
    return found


def all_breaches(root: Path) -> list[str]:
    sources = read_sources(root)
    if not sources:
        return [f"{root}: there are no sources here"]
    return (breaches_of_includes(sources) + breaches_of_cycles(sources) + breaches_of_tests(root)
            + breaches_of_files(sources))


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    breaches = all_breaches(root)
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
