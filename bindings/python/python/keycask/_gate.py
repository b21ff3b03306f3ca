"""What the integrations have in common: a store, a realm, and what a request needs there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, TypeAlias

from ._errors import ArgumentError
from ._keycask import Grant, Outcome, Request, Store

StoreSource: TypeAlias = Store | Callable[[], Store]
"""A store, or what gives it: for one that is opened later than the application is made."""

Names: TypeAlias = tuple[str, ...] | None
"""One name or several, or None where none are asked for."""


@dataclass(frozen=True)
class KeyUser:
    """Whoever presents a key, as frameworks have users.

    It has none of the permissions that Django keeps of users: what a key may do, its scopes say.
    """

    grant: Grant

    @property
    def is_authenticated(self) -> bool:
        """True: a key was granted."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """False: a key was granted."""
        return False

    @property
    def is_active(self) -> bool:
        """True: a suspended owner's keys are refused."""
        return True

    @property
    def is_staff(self) -> bool:
        """False: of a key nothing is known but its grant."""
        return False

    @property
    def is_superuser(self) -> bool:
        """False: a key may do what its scopes say."""
        return False

    @property
    def identity(self) -> str:
        """Your own id of the owner."""
        return self.grant.owner

    @property
    def display_name(self) -> str:
        """Your own id of the owner."""
        return self.grant.owner

    @property
    def pk(self) -> str:
        """Your own id of the owner, for what counts by users."""
        return self.grant.owner

    @property
    def username(self) -> str:
        """Your own id of the owner."""
        return self.grant.owner

    def get_username(self) -> str:
        """Your own id of the owner."""
        return self.grant.owner

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """False: Django keeps no permission of a key."""
        return False

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Whether nothing is asked for."""
        if not isinstance(perm_list, Iterable) or isinstance(perm_list, str):
            raise ValueError("perm_list must be an iterable of permissions.")
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """False: Django keeps no permission of a key."""
        return False

    def __str__(self) -> str:
        return self.grant.owner


class Gate:
    """Decides about requests in one realm. Names are looked up once for each set of scopes."""

    def __init__(
        self, store: StoreSource, realm: str, *, kinds: Iterable[str] | None = None
    ) -> None:
        self._source, self._realm = store, realm
        self._kinds = several("kinds", kinds)
        # Of one store: a reopened one is another. Replaced as a whole.
        self._known: tuple[Store | None, dict[tuple[tuple[str, ...], int], Request]] = (None, {})

    def present(
        self,
        method: str,
        headers: Iterator[tuple[str | bytes, str | bytes]],
        scopes: tuple[str, ...] = (),
        *,
        cost: int = 1,
        address: IPv4Address | IPv6Address | None = None,
        request_id: str = "",
    ) -> Outcome:
        """What becomes of a request. Without scopes, any key of the realm will do.

        `headers` are an iterator, which has no more to show than its type: what an error page or a
        reporter of errors prints of variables has no token.
        """
        store = self._source if isinstance(self._source, Store) else self._source()
        of, requests = self._known
        if of is not store:
            requests = {}
            self._known = (store, requests)
        request = requests.get((scopes, cost))
        if request is None:
            request = store.request(
                self._realm, scopes=scopes or None, kinds=self._kinds, cost=cost
            )
            requests[(scopes, cost)] = request
        return store.present(method, headers, request, address=address, request_id=request_id)


def several(what: Literal["scopes", "kinds"], names: Iterable[str] | None) -> Names:
    """The names of scopes or kinds, if some are asked for. One text is refused: its characters are
    not meant, and an empty one would ask for nothing. So would no name, as of a setting that was
    left out.
    """
    if names is None:
        return None
    if isinstance(names, (str, bytes, bytearray, memoryview)):
        raise TypeError("want several names, such as a tuple, not one text")
    found = tuple(names)
    if not found:
        without = "needs none" if what == "scopes" else "accepts any"
        raise ArgumentError(f"{what}: none is named; None {without}")
    return found


def presents_none(outcome: Outcome) -> bool:
    """Whether a request presents no token where the profile has it: what it has elsewhere, or of
    another scheme, may be for others.
    """
    return outcome.verdict.reason in ("missing", "wrong_header", "wrong_scheme")


def peer(text: str | None) -> IPv4Address | IPv6Address | None:
    """The address of a connection's peer, if it has one: a socket in a file has none.

    No header is read for it: whoever sends a request can write `X-Forwarded-For` as well. Behind
    a proxy that you run, have the server take it from there.
    """
    try:
        return ip_address(text or "")
    except ValueError:
        return None
