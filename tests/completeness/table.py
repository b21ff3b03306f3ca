"""usage: table.py REPORT FILES SIDES: a table of a report of llvm-cov, and the branches that are missing.

Of the files that FILES does not name they are written to SIDES.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).parents[2]


def ran(file: dict, what: str) -> tuple[int, int]:
    of = file["summary"][what]
    return of["covered"], of["count"]


def missed(file: dict) -> list[str]:
    """Where a condition was never true, or never false, in any of the function's copies."""
    sides: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for line, column, _, _, true, false, *_ in file["branches"]:
        place = sides[line, column]
        place[0] += true
        place[1] += false
    names = ("true", "false")
    return [
        f"{line}:{column}: never {names[side]}"
        for (line, column), counts in sorted(sides.items())
        for side in (0, 1)
        if counts[side] == 0
    ]


def share(ran: int, count: int) -> str:
    return f"{ran} of {count}, {100 * ran / count:.2f} %" if count else "none"


def main(report: str, named: str, others: str) -> int:
    [data] = json.loads(Path(report).read_text())["data"]
    files = {}
    for file in data["files"]:
        name = str(Path(file["filename"]).relative_to(TOP))
        parts = Path(name).parts
        # The engine alone, without what tests it.
        if parts[0] == "src" and "tests" not in parts and Path(name).name != "tests.rs":
            files[name] = file
    print("| file | lines | branches |\n|---|---|---|")
    every = [[sum(ran(f, w)[n] for f in files.values()) for n in (0, 1)] for w in ("lines", "branches")]
    print(f"| all of `src/` | {share(*every[0])} | {share(*every[1])} |")
    lines = [line.split("#")[0].split() for line in Path(named).read_text().splitlines()]
    holes = []
    names = [words[0] for words in lines if words]
    unnamed = [f"{name}:{hole}\n" for name in sorted(files.keys() - names) for hole in missed(files[name])]
    Path(others).write_text("".join(unnamed))
    for name in names:
        holes += [f"{name}:{hole}" for hole in missed(files[name])]
        sides = 2 * len({tuple(branch[:2]) for branch in files[name]["branches"]})
        there = sides - len(missed(files[name]))
        print(f"| `{name}` | {share(*ran(files[name], 'lines'))} | {share(there, sides)} |")
    print("\n".join(holes), file=sys.stderr)
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
