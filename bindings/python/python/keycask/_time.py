"""Instants are aware `datetime`s to the millisecond, spans are `timedelta`s."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)

NEVER: Final = datetime.max.replace(tzinfo=timezone.utc)
"""The end of what does not end. It is later than every other instant."""


def instant(milliseconds: int) -> datetime:
    """The instant so many milliseconds after 1970."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(at: datetime) -> int | None:
    """How many milliseconds `at` is after 1970; None for `NEVER`.

    Raises `TypeError` for a `datetime` without a time zone.
    """
    return None if at == NEVER else (at - EPOCH) // timedelta(milliseconds=1)
