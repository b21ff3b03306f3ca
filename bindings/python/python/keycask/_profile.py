"""What a store tells of its realms: frozen records.

Instants are aware `datetime`s, spans `timedelta`s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


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
