"""What a store tells: frozen records. Instants are aware `datetime`s, spans `timedelta`s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ._asked import State
from ._keycask import AuditEntry, Token


@dataclass(frozen=True)
class Rate:
    """One rate window as it stands after a decision."""

    limit: int
    """Requests that the window admits."""
    remaining: int
    """Requests that are left until `reset`. A burst may refuse before."""
    reset: datetime
    period: timedelta
    """The window's length."""


@dataclass(frozen=True)
class Credits:
    """The credits of a key's quota as they stand after a decision."""

    limit: int
    """Credits that there are after a refill."""
    remaining: int
    reset: datetime
    """When they are refilled; `NEVER` if they are not."""


@dataclass(frozen=True)
class KeyQuota:
    """The quota of a key, and its credits."""

    quota: str
    """Such as `1000 per day`."""
    remaining: int
    reset: datetime
    """When they are refilled; `NEVER` if they are not."""


@dataclass(frozen=True)
class KeyInfo:
    """A key as it may be listed: never its token, never a digest."""

    key_id: str
    """The key's public name. It may be logged."""
    realm: str
    kind: str
    environment: str
    """That the kind is for; empty if the profile names none."""
    owner: str
    """Your own id of the owner."""
    state: State
    cause: Literal["none", "asked", "rotated", "reissued"]
    """Why it is in that state."""
    expired: bool
    """Whether its window is over, whatever its state."""
    name: str
    metadata: str
    """Your own data, byte for byte."""
    scopes: tuple[str, ...]
    """As they were granted, in the order in which the realm got them."""
    issued: datetime
    start: datetime
    end: datetime
    """From when on it is refused; `NEVER` if it does not expire."""
    changed: datetime
    """When its state last changed."""
    reason: str
    """That was given for the last change of state."""
    prefix: str
    last_four: str
    imported: bool
    """Whether another system made its token."""
    scheme: str | None
    """Of the other system's digest that it is found by until it is verified."""
    lineage: str
    """The id of the first key of its lineage."""
    generation: int
    """Its place in the lineage, from 1."""
    predecessor: str | None
    successor: str | None
    in_grace: bool
    """Whether it was rotated and lives on only for its grace."""
    last_used: datetime | None
    """To the minute, where that is kept."""
    networks: tuple[str, ...]
    """From which alone it may be used; from anywhere if there are none."""
    idle: timedelta | None
    """For how long it may stay unused; for ever if there is none."""
    idle_at: datetime | None
    """From when on it is refused as idle, if it is not used before."""
    quota: KeyQuota | None
    rotation_due: datetime | None
    """When the profile advises to rotate it."""

    @property
    def hint(self) -> str:
        """Prefix and last four characters, for people. Several keys may share a hint."""
        return f"{self.prefix}...{self.last_four}"


@dataclass(frozen=True)
class Issued:
    """A new key and its token."""

    key: KeyInfo
    token: Token
    """The secret. It is given here and, unless the kind can be revealed, never again."""


@dataclass(frozen=True)
class Page:
    """Keys of a list."""

    keys: tuple[KeyInfo, ...]
    next: str | None
    """The cursor from which to go on; None at the end."""


@dataclass(frozen=True)
class DryRun:
    """What ending many keys would do."""

    keys: int
    """How many keys it would revoke."""
    first: tuple[str, ...]
    """Ids of the first of them, ten at most."""


@dataclass(frozen=True)
class OwnerInfo:
    """An owner as it may be listed."""

    id: str
    realm: str
    plan: str | None
    """The profile's default plan if it has none of its own."""
    suspended: bool
    """Whether all its keys are refused."""
    direct: tuple[str, ...]
    """Scopes that it has itself."""
    group: tuple[str, ...]
    """Scopes that it has through groups, which no key inherits."""


@dataclass(frozen=True)
class Kind:
    """A kind of token of a realm."""

    name: str
    prefix: str
    body_len: int
    """Characters of the body."""
    checksum: Literal["none", "crc32"]
    environment: str | None
    rights: Literal["key", "owner", "both"]
    """Where its keys' scopes come from."""
    reveal: bool
    """Whether a sealed copy of the token is kept, so that it can be shown again."""
    active: int | None
    """How many active keys of the kind an owner can have, whatever its plan."""


@dataclass(frozen=True)
class Scope:
    """A scope of a realm."""

    name: str
    title: str | None
    tier: str | None
    implies: tuple[str, ...]
    methods: tuple[str, ...]
    """HTTP methods that it permits."""


@dataclass(frozen=True)
class NamedSet:
    """Scopes under one name."""

    name: str
    title: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """A rate window: `limit` requests in each period, no more than `burst` at once."""

    limit: int
    period: timedelta
    burst: int


@dataclass(frozen=True)
class Plan:
    """What the owners of a plan may have."""

    name: str
    title: str | None
    active: int | None
    """Most active keys, of all kinds together."""
    kinds: tuple[tuple[str, int], ...]
    """Most active keys of a kind, by the kind's name."""
    rates: tuple[Window, ...]
    quota: str | None


@dataclass(frozen=True)
class Policy:
    """What a realm allows over the life of a key. A span of None is for ever."""

    default_plan: str | None
    default_life: timedelta | None
    longest_life: timedelta | None
    default_grace: timedelta
    longest_grace: timedelta
    rotate_after: timedelta | None
    suspend: bool
    tell_expired: bool
    buckets: Literal["lineage", "owner"]
    usage: bool
    idle: timedelta | None
    retain: timedelta


@dataclass(frozen=True)
class Realm:
    """A realm, as its profile says."""

    name: str
    title: str
    kinds: tuple[Kind, ...]
    scopes: tuple[Scope, ...]
    sets: tuple[NamedSet, ...]
    plans: tuple[Plan, ...]
    policy: Policy


Effect = Literal["wider", "narrower", "other"]


@dataclass(frozen=True)
class KindChange:
    """A kind that is not as it was."""

    name: str
    fields: tuple[str, ...]
    reshaped: bool
    rights: Effect | None


@dataclass(frozen=True)
class ScopeChange:
    """A scope that implies or permits other than it did."""

    name: str
    implies_gained: tuple[str, ...]
    implies_lost: tuple[str, ...]
    methods_gained: tuple[str, ...]
    methods_lost: tuple[str, ...]
    effect: Effect | None


@dataclass(frozen=True)
class RealmChange:
    """What applying a profile changes, or would change."""

    realm: str
    created: bool
    kinds_added: tuple[str, ...]
    kinds_removed: tuple[str, ...]
    kinds_changed: tuple[KindChange, ...]
    scopes_added: tuple[str, ...]
    scopes_removed: tuple[str, ...]
    scopes_changed: tuple[ScopeChange, ...]
    plans_added: tuple[str, ...]
    plans_removed: tuple[str, ...]
    plans_changed: tuple[str, ...]
    sections: tuple[str, ...]
    widens: bool
    """Whether some key may use more."""
    narrows: bool
    """Whether some key may use less."""


@dataclass(frozen=True)
class Check:
    """One check of a decision."""

    name: str
    passed: bool | None
    """None if it was not reached."""
    detail: str
    """For people."""


@dataclass(frozen=True)
class Explanation:
    """Every check of a decision."""

    refused_by: str | None
    """The first check that refuses; None if the token would be granted."""
    checks: tuple[Check, ...]
    """In the order in which they decide."""
    key: KeyInfo | None
    required: tuple[str, ...]
    present: tuple[str, ...]
    missing: tuple[str, ...]


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
class Stats:
    """Figures of an open store."""

    store_id: str
    seq: int
    """Number of the last commit."""
    keys: int
    owners: int
    realms: int
    index_bytes: int
    """Of the table in memory."""
    index_huge_bytes: int
    """How many of them are on huge pages."""
    peppered: bool
    unconfirmed: bool
    """Whether it was restored and takes no changes until that is confirmed."""


@dataclass(frozen=True)
class Operation:
    """What became of an operation."""

    id: str
    seq: int
    at: datetime
    key_id: str | None


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
    """How many commits the store is known to have made after the backup."""
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
    """Scopes that were needed and not there."""


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
