"""What is asked of a store: what a key shall be, which keys are meant, who asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

State = Literal["active", "suspended", "revoked"]


@dataclass(frozen=True)
class Actor:
    """Who asks for a change, and why. Where neither matters, a name alone will do: `by="ops"`."""

    name: str
    """Who asks, in your words: 0 to 128 bytes."""
    because: str = ""
    """Why: 0 to 256 bytes. It is kept with a change of state, and in the audit trail."""
    operation: str | None = None
    """Your id of the change, 1 to 128 bytes: asked for again under it, it is not done twice."""


@dataclass(frozen=True)
class Spec:
    """What a new key shall be. What is not said is as the profile has it."""

    realm: str
    kind: str
    owner: str
    """Your own id of the owner."""
    scopes: Iterable[str] = ()
    sets: Iterable[str] = ()
    """Sets of scopes that the profile names; added to `scopes`."""
    name: str = ""
    """For people: at most 128 bytes, no control characters."""
    metadata: str = ""
    """Your own data: one JSON value of at most 4096 bytes, kept byte for byte."""
    start: datetime | None = None
    """The key is refused before it, which must not have passed."""
    end: datetime | None = None
    """The key is refused from it on; `NEVER` for none."""
    life: timedelta | None = None
    """The key is refused from so long after its start on, instead of `end`."""
    networks: Iterable[str] | None = None
    """From which alone the key may be used, such as `10.0.0.0/8`: from 1 to 64. From anywhere if
    none are said; an empty list is refused."""
    idle: timedelta | None = None
    """The key is refused once it was not used for so long: an hour at least."""
    quota: str | None = None
    """Such as `1000 per day`."""
    no_quota: bool = False
    """Whether it has none, though the owner's plan has one."""


@dataclass(frozen=True)
class Import:
    """A key whose token another system made: the token, or its digest and the digest's scheme.

    Its `repr` shows neither token nor digest.
    """

    spec: Spec
    token: str | None = field(default=None, repr=False)
    """4 to 512 bytes of visible ASCII without commas, of any shape."""
    digest: str | None = field(default=None, repr=False)
    """In hex or base64."""
    scheme: str | None = None
    """How the digest was made, such as `sha256` or `sanctum`: see docs/import.md."""
    lead: str | None = None
    """What stands in the token before the part that the scheme hashes, as `17|`."""
    issued: datetime | None = None
    """When the other system issued it."""
    state: State = "active"
    last_four: str | None = None
    """The last four characters of a token that is not known, for people."""


@dataclass(frozen=True)
class Filter:
    """Which keys are meant: those that meet every condition. All of the store without any."""

    realm: str | None = None
    kind: str | None = None
    """Needs a realm."""
    owner: str | None = None
    """Your own id of the owner. Needs a realm."""
    keys: Sequence[str] | None = None
    """These alone, by their ids, up to 10,000."""
    lineage: str | None = None
    """The id of any key of a lineage, or of its first if that was swept. That there is no such
    lineage is an error where its keys are to be ended."""
    state: State | None = None
    issued_from: datetime | None = None
    issued_before: datetime | None = None
    expired: bool | None = None
    expiring_within: timedelta | None = None
    in_grace: bool = False
    rotation_due: bool = False
    """By the profile's advice."""
    rotation_due_at: timedelta | None = None
    """By this age, whatever the profile advises."""
    never_used: bool = False
    idle_for: timedelta | None = None
    """Not used for so long."""
    hint: str | None = None
    """Prefix, last four characters, or both as `prefix...four`."""
    order: Literal["key_id", "end"] = "key_id"


@dataclass(frozen=True)
class Patterns:
    """From where on something in the use of a key is a pattern that somebody should look at."""

    idle: timedelta = timedelta(days=30)
    """A use after so long without one."""
    late: timedelta = timedelta(hours=6)
    """A use when so little of the grace is left."""
    denials: int = 5
    """So many denials for scopes ..."""
    within: timedelta = timedelta(hours=1)
    """... within so long."""
