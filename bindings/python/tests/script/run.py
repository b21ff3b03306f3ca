"""Running a script: what came, held against what was wanted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import keycask

from . import refer
from .parse import Failure, Lines, Step, Words
from .refer import Unfit
from .stage import Came, Stage


def run(steps: list[Step], root: Path, directory: Path) -> list[Failure]:
    """All that was not as the script says, in its order.

    `root` is the project's; the store is made in `directory`.
    """
    stage, failures = Stage(root, directory), []
    try:
        for step in steps:
            try:
                came = stage.perform(step)
            except Unfit as unfit:
                failures.append(Failure(step.line, f"{step.verb}: {unfit}"))
            except keycask.Error as error:
                failures += failed(step, error)
            else:
                failures += compare(stage, step, came)
        return failures
    finally:
        if stage.store_or_none is not None:
            stage.store_or_none.close()


def failed(step: Step, error: keycask.Error) -> list[Failure]:
    """How a step's error is not as wanted."""
    if step.error is None:
        return [Failure(step.line, f"{error.kind}: {error}")]
    line, kind, text = step.error
    if error.kind == kind and text in str(error):
        return []
    return [Failure(line, f"wanted {kind} {text!r}, got {error.kind}: {error}")]


def compare(stage: Stage, step: Step, came: Came) -> list[Failure]:
    """Everything in which `came` is not what `step` wants."""
    if step.error is not None:
        return [Failure(step.error[0], "wanted an error, and it was done")]
    failures = []
    line, wanted = step.reason or (step.line, None)
    if wanted != came.reason:
        failures.append(Failure(line, f"wanted ? {wanted}, got ? {came.reason}"))
    if step.verb == "request":
        failures += answer(stage, step, came)
    return failures + rows(stage, step, came)


def answer(stage: Stage, step: Step, came: Came) -> list[Failure]:
    lines, at = step.answer, None
    if step.named is not None:
        at, name = step.named
        lines = stage.answers.get(name)
    if lines is None or came.answer is None:
        return [Failure(at or step.line, "there is no such answer")]
    # Of an answer that stands elsewhere, the line that names it is at fault.
    return [Failure(at or line, what) for line, what in held(lines, came.answer)]


def held(lines: Lines, got: keycask.Answer) -> list[tuple[int, str]]:
    misses = []
    if lines.status != got.status:
        misses.append((lines.line, f"wanted < {lines.status}, got < {got.status}"))
    for header in lines.headers:
        values = [v for name, v in got.headers if name.lower() == header.name.lower()]
        wanted = [] if header.value is None else [header.value]
        if values != wanted:
            misses.append((header.line, f"{header.name}: wanted {wanted}, got {values}"))
    line, body = lines.body or (lines.line, "")
    if body.encode() != got.body:
        misses.append((line, f"wanted the body\n{body}\ngot\n{got.body!r}"))
    return misses


def rows(stage: Stage, step: Step, came: Came) -> list[Failure]:
    failures = []
    got = came.rows
    if step.verb == "list":
        if len(step.rows) != len(got):
            failures.append(Failure(step.line, f"wanted {len(step.rows)} keys, got {len(got)}"))
        for (line, words), row in zip(step.rows, got):
            name = words.bare[0] if words.bare else ""
            if name not in stage.names or stage.names[name].key.key_id != row["key_id"]:
                failures.append(Failure(line, f"wanted {name} here, got another key"))
            failures += fields(stage, line, Words([], words.pairs), row)
        return failures
    for line, words in step.rows:
        if not got:
            failures.append(Failure(line, "there is no result"))
        else:
            failures += fields(stage, line, words, got[0])
    return failures


def fields(stage: Stage, line: int, words: Words, row: dict[str, Any]) -> list[Failure]:
    failures = [Failure(line, f"want FIELD=VALUE, not {bare!r}") for bare in words.bare]
    for name, text in words.pairs.items():
        if name not in row:
            failures.append(Failure(line, f"the result has no field {name!r}"))
            continue
        try:
            wanted: Any = refer.word(text, stage.names)
            value = row[name]
            if isinstance(value, datetime):
                wanted = None if wanted == "none" else refer.instant(wanted, stage.clock.now)
            else:
                value = plain(value)
            if wanted != value:
                # A token is not repeated.
                told = "another" if name == "token" else f"wanted {wanted}, got {value}"
                failures.append(Failure(line, f"{name}: {told}"))
        except Unfit as unfit:
            failures.append(Failure(line, f"{name}: {unfit}"))
    return failures


def plain(value: object) -> str:
    """A value as scripts write it."""
    if value is None or isinstance(value, bool):
        return "none" if value is None else str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)
