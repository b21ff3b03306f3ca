"""References to what was issued, instants and spans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import keycask


class Unfit(Exception):
    """What a script says cannot be."""


@dataclass
class Known:
    """A key that a script issued, as it refers to it."""

    key: keycask.KeyInfo
    token: str


NAME = r"\$([a-z0-9_]+)"
REFERENCE = re.compile(NAME + r"(?:\.([a-z0-9_]+)|((?::[a-z]+@[A-Za-z0-9_-]+)*))")
ESCAPE = re.compile(r"\\(?:([st\\])|x([0-9a-fA-F]{2}))")


def value(found: re.Match[str], names: dict[str, Known]) -> str:
    """What a reference stands for."""
    if found[1] not in names:
        raise Unfit(f"no key was issued as {found[1]!r}")
    known = names[found[1]]
    if found[2]:
        fields = {"id": known.key.key_id, "hint": known.key.hint, "prefix": known.key.prefix}
        fields["last_four"] = known.key.last_four
        if found[2] not in fields:
            raise Unfit(f"a key has no {found[2]!r}")
        return fields[found[2]]
    token = known.token
    for change in (found[3] or "").split(":")[1:]:
        token = changed(token, known, *change.split("@"))
    return token


def changed(token: str, known: Known, change: str, by: str) -> str:
    """A token after one change."""
    if change in ("flip", "dash"):
        place = int(by) - 1 if int(by) > 0 else len(token) + int(by)
        if not 0 <= place < len(token):
            raise Unfit(f"{change}@{by}: out of the token")
        other = "-" if change == "dash" else "B" if token[place] == "A" else "A"
        return token[:place] + other + token[place + 1 :]
    if change == "cut" and int(by) <= len(token):
        return token[: len(token) - int(by)]
    if change == "add":
        return token + by
    if change == "prefix" and token.startswith(known.key.prefix):
        return by + token[len(known.key.prefix) :]
    raise Unfit(f"no {change}@{by}")


def word(text: str, names: dict[str, Known]) -> str:
    """A word or value with its references replaced."""
    return REFERENCE.sub(lambda found: value(found, names), text)


def line(text: str, names: dict[str, Known]) -> bytes:
    """A line of a head with its references and escapes replaced."""

    def byte(found: re.Match[str]) -> str:
        plain = {"s": " ", "t": "\t", "\\": "\\"}
        return plain[found[1]] if found[1] else chr(int(found[2], 16))

    if re.sub(ESCAPE, "", text).count("\\"):
        raise Unfit("want \\s, \\t, \\\\ or \\x and two hexadecimal digits")
    # Every character stands for one byte.
    return ESCAPE.sub(byte, word(text, names)).encode("latin-1")


UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def span(text: str) -> timedelta:
    """A whole number and one unit."""
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text)
    if found is None:
        raise Unfit(f"span {text!r}: want a whole number and ms, s, m, h or d")
    return timedelta(milliseconds=int(found[1]) * UNITS[found[2]])


def instant(text: str, now: datetime) -> datetime:
    """`now`, `never`, `+SPAN`, `-SPAN` or RFC 3339 text in UTC."""
    if text in ("now", "never"):
        return now if text == "now" else keycask.NEVER
    if text[:1] in ("+", "-"):
        return now + span(text[1:]) if text[0] == "+" else now - span(text[1:])
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Unfit(f"{text!r} is no instant") from None
