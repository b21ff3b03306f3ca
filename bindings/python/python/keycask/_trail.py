"""What a store tells of what was done and decided: frozen records.

Instants are aware `datetime`s, spans `timedelta`s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ._keycask import AuditEntry


@dataclass(frozen=True)
class AuditPage:
    """Entries of the audit trail."""

    entries: tuple[AuditEntry, ...]
    reached: int
    """The number after which to go on."""
    more: bool
    """Whether there may be more by now."""
    first: int
    """The number of the trail's first entry that is still there."""


@dataclass(frozen=True)
class AuditCheck:
    """A trail that was checked."""

    first: int
    last: int
    entries: int


@dataclass(frozen=True)
class Trimmed:
    """What a trimming did."""

    entries: int
    more: bool
    """Whether there are more to take out."""


@dataclass(frozen=True)
class Feed:
    """Where the feed begins and ends, as cursors."""

    oldest: str
    newest: str


@dataclass(frozen=True)
class Changed:
    """One thing that a commit changed. What it is now is to be looked up."""

    what: Literal["key", "swept", "owner", "realm"]
    key_id: str | None
    realm: str | None
    owner: str | None


@dataclass(frozen=True)
class Commit:
    """One commit of the log."""

    seq: int
    cursor: str
    """From which to go on after it."""
    changed: tuple[Changed, ...]
    entries: tuple[AuditEntry, ...]
    """Of the audit trail that were made with it, as far as they are still there."""


@dataclass(frozen=True)
class Operation:
    """What became of an operation."""

    id: str
    seq: int
    at: datetime
    key_id: str | None


@dataclass(frozen=True)
class Decision:
    """A decision that was kept."""

    at: datetime
    realm: str
    outcome: str
    """`granted`, `unpresented`, or the reason."""
    key_id: str | None
    address: str | None
    missing: tuple[str, ...]
    """Of a denial for scopes: those that were needed and not there."""
    needed: tuple[str, ...]
    """Of a grant: scopes that its request needed, for itself and for its method."""


@dataclass(frozen=True)
class Decided:
    """Decisions that were kept, the oldest first."""

    decisions: tuple[Decision, ...]
    lost: int
    """How many more were not kept."""


@dataclass(frozen=True)
class Finding:
    """What was found about one key or, with no key_id, about several keys of one owner."""

    pattern: Literal["new_network", "long_idle", "late_in_grace", "scope_denials"]
    key_id: str | None
    realm: str | None
    owner: str | None
    first: datetime
    last: datetime
    count: int
    network: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """What was found, the oldest first."""

    findings: tuple[Finding, ...]
    lost: int
    """How much was left out for want of room."""
