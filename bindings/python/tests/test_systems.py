"""The systems' scripts, as they stand in tests/systems."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from .script import parse, run

from .conftest import ROOT

SCRIPTS = sorted((ROOT / "tests/systems").glob("*.txt"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_system_is_as_its_page_says(script: Path, tmp_path: Path) -> None:
    failures = run(parse(script.read_text()), ROOT, tmp_path)
    assert not failures, "\n".join(f"{script.name}: {failure}" for failure in failures)


def test_no_script_is_left_out() -> None:
    profiles = {path.name for path in (ROOT / "profiles").glob("*.toml")}
    texts = "".join(script.read_text() for script in SCRIPTS)
    assert set(re.findall(r"^profile profiles/(\S+)$", texts, re.M)) == profiles
    assert len(SCRIPTS) >= 6


def altered(text: str) -> tuple[str, set[int]]:
    """`text` with every expectation altered, and on which lines that must be noticed."""
    lines, wanted, written_out = [], set(), False
    for number, line in enumerate(text.split("\n"), start=1):
        written_out = (written_out or line.startswith("answer ")) and line != ""
        mark, _, rest = line.partition(" ")
        if mark == "=" and "=" in rest:
            # The last value, with an end that no value has.
            line = line[:-1] + "x" + line[-1] if line[-1] in "'\"" else line + "x"
        elif mark in ("!", "?"):
            line = f"{mark} un{rest}"
        elif mark == "<" and rest:
            status = rest.isdigit()
            line = f"< {int(rest) + 1}" if status else f"< {rest.removeprefix('!')}x"
            if not status and rest.startswith("!"):
                line = f"< {rest[1:]}: x"
        elif mark != "<<":
            lines.append(line)
            continue
        if not written_out and not (mark == "=" and "=" not in rest) and (rest or mark != "<"):
            wanted.add(number)
        lines.append(line)
    return "\n".join(lines), wanted


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_expectation_is_noticed_when_it_is_altered(script: Path, tmp_path: Path) -> None:
    text, wanted = altered(script.read_text())
    noticed = {failure.line for failure in run(parse(text), ROOT, tmp_path)}
    assert wanted <= noticed, sorted(wanted - noticed)
    assert len(wanted) > 30
