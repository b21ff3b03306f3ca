"""What a store tells of keys, owners and decisions: frozen records.

Instants are aware `datetime`s, spans `timedelta`s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ._asked import State
from ._keycask import Token


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
class KindCount:
    """How many keys of one kind there are, by state."""

    realm: str
    kind: str
    active: int
    """With those that have expired, since that is a fact of time."""
    suspended: int
    """With those that have expired, too."""
    revoked: int
    expired: int
    """How many of the active and suspended ones have expired."""


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
class Check:
    """One check of a decision."""

    name: str
    passed: bool | None
    """None if it was not reached."""
    detail: str
    """For people."""


@dataclass(frozen=True)
class Explanation:
    """Every check of a decision. It is true if the token would be granted."""

    refused_by: str | None
    """The first check that refuses; None if the token would be granted."""
    checks: tuple[Check, ...]
    """In the order in which they decide."""
    key: KeyInfo | None
    required: tuple[str, ...]
    present: tuple[str, ...]
    missing: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.refused_by is None
