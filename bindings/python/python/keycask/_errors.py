"""What is raised: a `Denied` for a token that is refused, an `Error` for all else.

A denial is not an error: they have no class in common below `Exception`, so that whoever handles
the one does not swallow the other.
"""

from __future__ import annotations

import builtins
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ._keycask import CODES

if TYPE_CHECKING:
    from ._keycask import Verdict

_ERRORS: dict[str, type[Error]] = {}
_DENIALS: dict[str, type[Denied]] = {}


class Error(Exception):
    """Something failed, or was refused. There is one class a kind."""

    kind: ClassVar[str] = "internal"
    """The kind's name in lower case, as every language has it."""
    code: ClassVar[int] = CODES["internal"]
    """Its number, below 0, which is the status of the C ABI."""

    def __init_subclass__(cls, kind: str = "", **more: object) -> None:
        super().__init_subclass__(**more)
        if kind:
            cls.kind, cls.code = kind, CODES[kind]
            cls.__module__ = "keycask"
            _ERRORS[kind] = cls


class ArgumentError(Error, ValueError, kind="argument"):
    """An argument is not possible: the message says which, and what is."""


class PicklingError(ArgumentError, pickle.PicklingError):
    """A store, or what is bound to one, was pickled or copied. Open the store where it is used."""


class ProfileError(Error, ValueError, kind="profile"):
    """A profile is not valid. The message gives its line and field."""


class NotFoundError(Error, LookupError, kind="not_found"):
    """The file, realm, kind, owner, scope, plan or key that was named is not there."""


class ConflictError(Error, kind="conflict"):
    """What is there forbids the change."""


class CapError(Error, kind="cap"):
    """The owner has as many active keys as its plan allows."""


class LockedError(Error, kind="locked"):
    """Another process or handle has the file open for writing: another worker of a server, say."""


class ReadOnlyError(Error, kind="read_only"):
    """The store was opened read-only, or the file is a backup."""


class PermissionError(Error, builtins.PermissionError, kind="permission"):
    """The system refused, or the file's mode, owner or type is not safe."""


class ForeignError(Error, kind="foreign"):
    """The file is not a keycask store."""


class NewerError(Error, kind="newer"):
    """The file has a newer format than this version reads."""


class PepperError(Error, kind="pepper"):
    """The pepper or sealing key is not the one that the file was made with."""


class CorruptError(Error, kind="corrupt"):
    """The file is damaged."""


class FullError(Error, kind="full"):
    """No space is left on the device."""


class IoError(Error, kind="io"):
    """Input or output failed."""


class PoisonedError(Error, kind="poisoned"):
    """An earlier write ended with unknown outcome. Open the store again to write."""


class IndeterminateError(Error, kind="indeterminate"):
    """This write may or may not have become durable. Opening the store again tells."""


class RandomError(Error, kind="random"):
    """The source of randomness failed."""


class InternalError(Error, kind="internal"):
    """A defect in keycask."""


class ForkedError(Error, kind="forked"):
    """The store was opened before this process was forked. Open it again here, if at all: one
    process writes a file."""


class PanicError(Error, kind="panic"):
    """A defect in keycask ended this or an earlier call half-way. Open the store again."""


class ClosedError(Error, kind="closed"):
    """The store was closed."""


class GoneError(Error, kind="gone"):
    """The log no longer reaches back that far: read everything anew."""


class RolledBackError(Error, kind="rolled_back"):
    """The file is older than the store is known to be."""


class UnconfirmedError(Error, kind="unconfirmed"):
    """The store was restored from a backup and takes no changes until that is confirmed."""


class MovedError(Error, kind="moved"):
    """The file of a store that is open read-only was replaced when it was compacted. Open the
    store again."""


class Denied(Exception):
    """A token was refused. There is one class a reason, so that one can be told from the others;
    to clients every one but `ScopeDenied` and `RateLimited` should look alike.
    """

    code: ClassVar[int] = CODES["other"]
    """The reason's number, above 0, which is the status of the C ABI."""
    reason: ClassVar[str] = "other"
    """The reason's name in lower case, as every language has it."""
    verdict: Verdict
    """The verdict, which has all that is known of the denial."""

    def __init_subclass__(cls, reason: str = "", **more: object) -> None:
        super().__init_subclass__(**more)
        if reason:
            cls.reason, cls.code = reason, CODES[reason]
            cls.__module__ = "keycask"
            _DENIALS[reason] = cls

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict

    def __reduce__(self) -> tuple[object, ...]:
        raise PicklingError("a denial is not pickled: take what you need of it")

    @property
    def key_id(self) -> str | None:
        """The key's public name, where the token is one's."""
        return self.verdict.key_id

    @property
    def retry_after(self) -> timedelta | None:
        """Of `RateLimited` and `QuotaExhausted`, when to ask again; None if never."""
        return self.verdict.retry_after


class Malformed(Denied, reason="malformed"):
    """Not shaped like a token of the realm. It was not looked up."""


class Unknown(Denied, reason="unknown"):
    """No key of this realm and of the accepted kinds."""


class Revoked(Denied, reason="revoked"):
    """The key was ended for good."""


class Suspended(Denied, reason="suspended"):
    """The key is paused."""


class OwnerSuspended(Denied, reason="owner_suspended"):
    """The key's owner is paused."""


class NotYetValid(Denied, reason="not_yet_valid"):
    """The key's start is still to come."""


class Expired(Denied, reason="expired"):
    """The key's end has passed."""


class Idle(Denied, reason="idle"):
    """The key was not used for longer than its realm allows."""


class NetworkDenied(Denied, reason="network"):
    """The request came from an address that the key does not allow, or from none."""


class ScopeDenied(Denied, reason="scope"):
    """The key lacks a scope."""


class RateLimited(Denied, reason="rate_limited"):
    """A rate window is used up."""


class QuotaExhausted(Denied, reason="quota_exhausted"):
    """The key's quota is used up."""


class Unpresented(Denied, reason="unpresented"):
    """The request carries no token that could be verified."""


class Missing(Unpresented, reason="missing"):
    """No header carries a token."""


class Empty(Unpresented, reason="empty"):
    """The header that should carry the token is empty."""


class Repeated(Unpresented, reason="repeated"):
    """There is more than one credential."""


class WrongHeader(Unpresented, reason="wrong_header"):
    """There is a credential in another header only."""


class WrongScheme(Unpresented, reason="wrong_scheme"):
    """The header begins with another scheme."""


class Spaces(Unpresented, reason="spaces"):
    """There are spaces or tabs in or before the token."""


class NotAscii(Unpresented, reason="not_ascii"):
    """The header holds a byte that is not ASCII."""


def failure(kind: str, message: str) -> Error:
    """The exception for a failure of this kind."""
    if kind == "pickling":
        return PicklingError(message)
    return _ERRORS.get(kind, InternalError)(message)


def denied(verdict: Verdict) -> Denied:
    """The exception for a denial."""
    return _DENIALS.get(verdict.reason or "", Denied)(verdict)
