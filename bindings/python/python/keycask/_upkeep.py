"""What a store tells of its file, backups, peppers, imports and leaks: frozen records.

Instants are aware `datetime`s, spans `timedelta`s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Stats:
    """Figures of an open store."""

    store_id: str
    seq: int
    """Number of the last commit."""
    keys: int
    owners: int
    realms: int
    log_commits: int
    """Commits that the log has, the last ones."""
    audit_entries: int
    """Of the audit trail, that were not taken out."""
    audit_last: int
    """Number of the last of them: how many were ever made."""
    index_bytes: int
    """Of the table in memory."""
    index_huge_bytes: int
    """How many of them are on huge pages."""
    peppered: bool
    unconfirmed: bool
    """Whether it was restored and takes no changes until that is confirmed."""


@dataclass(frozen=True)
class Backup:
    """A backup that was written, read back and checked."""

    anchor: str
    keys: int
    bytes: int


@dataclass(frozen=True)
class Restored:
    """What a restoring did, and what is not known."""

    store_id: str
    backup: str
    """The anchor of the backup."""
    missing: int | None
    """How many commits the store is known to have made after the backup; `None` if neither the
    original told nor an anchor that is later than the backup."""
    last_change: datetime | None
    last_entry: int
    denied: tuple[str, ...]
    """Keys that were denied something because the original does."""
    denied_owners: tuple[str, ...]
    unreadable: int
    keys: int
    bytes: int


@dataclass(frozen=True)
class Swept:
    """What a sweep did."""

    keys: int
    more: bool
    """Whether there are more to take out."""


@dataclass(frozen=True)
class Compacted:
    """What compacting did to the file: its length in bytes."""

    before: int
    after: int


@dataclass(frozen=True)
class PepperStatus:
    """Which generation of the pepper counts."""

    generation: int
    peppered: bool
    previous: int | None
    """The generation before, until it is retired."""
    left: int
    """Keys that are left on it."""


@dataclass(frozen=True)
class ImportOutcome:
    """What became of one key of an import."""

    what: Literal["imported", "known", "refused"]
    key_id: str | None
    why: str | None
    """Of a refused one."""


@dataclass(frozen=True)
class ImportReport:
    """What became of the lines of an import."""

    lines: int
    imported: int
    known: int
    refused: int
    why: tuple[tuple[int, str], ...]
    """Of refused lines: number from 1 and why, in the order in which they were found."""


@dataclass(frozen=True)
class Alert:
    """One alert of GitHub's secret scanning, without what was found."""

    number: int
    kind: str
    url: str
    source: str


@dataclass(frozen=True)
class Leak:
    """A token in a text where it should not be."""

    offset: int
    """Bytes before it, from 0."""
    line: int
    column: int
    realm: str
    kind: str
    hint: str
    key_id: str | None
    """The key that it is of, if it is one's."""
    owner: str | None
    refused: str | None
    """Why a verify refuses it; None if it does not."""
    live: bool
    """Whether whoever reads the text can use the token."""
    open: bool
    """Whether it is a key's that is not revoked."""
    alert: Alert | None


@dataclass(frozen=True)
class Leaks:
    """What a search came to."""

    bytes: int
    """That were searched."""
    found: int
    keys: tuple[str, ...]
    """Of which a token was found and that are not revoked: what is to be revoked."""
