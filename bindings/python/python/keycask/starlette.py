"""Starlette's authentication by keys.

```python
Middleware(AuthenticationMiddleware, backend=KeyBackend(store, "shop"), on_error=on_error)
```

`request.user` is a `KeyUser`, `request.user.grant` the grant, and `@requires("orders:read")` asks
for scopes of the grant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ._gate import Gate, KeyUser, StoreSource, peer, presents_none
from ._keycask import Answer

__all__ = ["KeyBackend", "KeyUser", "Refused", "User", "on_error", "response"]


class User(KeyUser, BaseUser):
    """A `KeyUser` as Starlette has users."""


class Refused(AuthenticationError):
    """A request was refused; `answer` is what the profile answers."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("refused")
        self.answer = answer


class KeyBackend(AuthenticationBackend):
    """Authenticates by a key of `realm`, of one of `kinds` if they are given.

    `required`: whether a request without a token is refused. Else it has no user, as with other
    backends: a token in another header or of another scheme is none of `realm`. A token that is
    refused is refused in any case. `request_id`: gives your id of a
    request, for answers that quote it.

    A backend has no hand in the answers to requests whose key is good: what the profile adds to
    them, such as rate headers, is left out, and `@requires` refuses a key that lacks a scope by
    itself, with 403 and Starlette's body. `keycask.asgi.KeyMiddleware` adds the one, and with
    `scopes` answers the other as the profile does.
    """

    def __init__(
        self,
        store: StoreSource,
        realm: str,
        *,
        kinds: Iterable[str] | None = None,
        required: bool = True,
        request_id: Callable[[HTTPConnection], str] | None = None,
    ) -> None:
        self._gate, self._required = Gate(store, realm, kinds=kinds), required
        self._request_id = request_id

    async def authenticate(
        self, conn: HTTPConnection
    ) -> tuple[AuthCredentials, BaseUser] | None:
        """The credentials of a request. Raises `Refused`."""
        client = conn.client
        outcome = self._gate.present(
            conn.scope.get("method", "GET"),
            iter(conn.headers.raw),
            address=peer(client.host if client else None),
            request_id=self._request_id(conn) if self._request_id else "",
        )
        grant = outcome.verdict.grant
        if grant is not None:
            return AuthCredentials(grant.scopes), User(grant)
        if not self._required and presents_none(outcome):
            return None
        raise Refused(outcome.answer)


def response(answer: Answer) -> Response:
    """The profile's answer."""
    made = Response(answer.body, status_code=answer.status)
    made.raw_headers += [(name.lower().encode(), v.encode()) for name, v in answer.headers]
    return made


def on_error(conn: HTTPConnection, error: AuthenticationError) -> Response:
    """Answers what a backend refused, with the profile's bytes. For `AuthenticationMiddleware`,
    which answers with 400 otherwise.
    """
    return response(error.answer) if isinstance(error, Refused) else Response(status_code=401)
