"""Reading a script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


class Failure(Exception):
    """A line that breaks a rule of the format, or was not as it says."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


@dataclass
class Words:
    """The words of a line: bare ones in order, pairs by name."""

    bare: list[str] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)


@dataclass
class Header:
    line: int
    name: str
    value: str | None
    """None if it must not be there."""


@dataclass
class Lines:
    """An answer as it is written out."""

    line: int
    status: int
    headers: list[Header] = field(default_factory=list)
    ended: bool = False
    body: tuple[int, str] | None = None


@dataclass
class Step:
    """A command with what it sends and what is to come of it."""

    line: int
    verb: str
    words: Words
    head: list[str] = field(default_factory=list)
    rows: list[tuple[int, Words]] = field(default_factory=list)
    error: tuple[int, str, str] | None = None
    reason: tuple[int, str] | None = None
    answer: Lines | None = None
    named: tuple[int, str] | None = None


WORD = re.compile(r"""(?:([^ =]+)=)?("[^"]*"|'[^']*'|[^ ]*)(?: +|$)""")


def words(line: int, text: str) -> Words:
    """The words of `text`."""
    out, at = Words(), 0
    while at < len(text):
        found = WORD.match(text, at)
        if found is None or found.end() == at:
            raise Failure(line, f"a quote is not closed, or text follows one: {text[at:]!r}")
        name, value = found.groups()
        if name is None:
            out.bare.append(value)
        elif value[:1] in ("'", '"') and (len(value) < 2 or value[-1] != value[0]):
            raise Failure(line, f"{name}: a quote is not closed")
        elif name in out.pairs:
            raise Failure(line, f"{name} stands twice")
        else:
            out.pairs[name] = value[1:-1] if value[:1] in ("'", '"') else value
        at = found.end()
    return out


def parse(text: str) -> list[Step]:
    """The steps of a script."""
    steps: list[Step] = []
    for line, row in enumerate(text.split("\n"), start=1):
        if not all(" " <= c <= "~" for c in row) or row.endswith(" "):
            raise Failure(line, "want ASCII without tabs, and no space at the end")
        if row in ("", "#") or row.startswith(("# ", "## ")):
            continue
        if "a" <= row[0] <= "z":
            found = words(line, row)
            steps.append(Step(line, found.bare.pop(0), found))
        elif not steps:
            raise Failure(line, "no command stands before this")
        else:
            expectation(steps[-1], line, row)
    for step in steps:
        whole(step)
    return steps


def expectation(step: Step, line: int, row: str) -> None:
    """Adds a line that is no command to its step."""
    mark, _, rest = row.partition(" ")
    if mark == ">":
        step.head.append(rest)
    elif mark == "<":
        answer(step, line, rest)
    elif mark == "<<" and step.answer is None and step.named is None:
        step.named = (line, rest)
    elif mark == "=":
        step.rows.append((line, words(line, rest)))
    elif mark == "!" and step.error is None:
        found = re.fullmatch(r"""(\S+) (?:'(.*)'|"(.*)")""", rest)
        if found is None:
            raise Failure(line, "want a kind and a text in quotes")
        step.error = (line, found[1], found[2] if found[2] is not None else found[3])
    elif mark == "?" and step.reason is None:
        step.reason = (line, rest)
    else:
        raise Failure(line, f"no line begins with {mark!r}, or the step has one already")


def answer(step: Step, line: int, rest: str) -> None:
    """Adds a `<` line."""
    if step.named is not None:
        raise Failure(line, "the answer stands elsewhere")
    if step.answer is None:
        if not re.fullmatch(r"\d{3}", rest):
            raise Failure(line, f"want a status, not {rest!r}")
        step.answer = Lines(line, int(rest))
    elif step.answer.ended:
        if step.answer.body is not None:
            raise Failure(line, "the body stands on one line")
        step.answer.body = (line, rest)
    elif not rest:
        step.answer.ended = True
    elif rest.startswith("!"):
        step.answer.headers.append(Header(line, rest[1:], None))
    else:
        name, colon, value = rest.partition(": ")
        if not colon:
            raise Failure(line, "want a header's name, a colon, a space and its value")
        step.answer.headers.append(Header(line, name, value))


def whole(step: Step) -> None:
    """Refuses a step that leaves open what is to come of it, or says what cannot come."""
    written = step.answer is not None
    answered = written or step.named is not None
    if step.verb == "request":
        right = bool(step.head) and answered
    elif step.verb == "answer":
        right = written and not (step.head or step.rows or step.error or step.reason)
    else:
        right = not (step.head or answered or step.reason)
    if step.error and (step.rows or answered) or step.reason and step.rows or not right:
        raise Failure(step.line, f"{step.verb}: leaves open what is to come, or says too much")
