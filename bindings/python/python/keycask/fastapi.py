"""A FastAPI dependency that asks for a key.

```python
keys = KeyAuth(store, "shop")
keys.install(app)

@app.get("/orders")
async def orders(grant: Annotated[Grant, Security(keys, scopes=["orders:read"])]): ...
```

It is an `async def` that waits for nothing: FastAPI takes no thread for it, as it does for `def`.

A route of a websocket takes it likewise, and is decided about as a `GET`: who opens it presents the
key with the handshake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import responses

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import HTTPException, WebSocketException
from fastapi.openapi.models import HTTPBearer, SecurityBase as SecurityModel
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.status import WS_1008_POLICY_VIOLATION

from . import asgi
from ._gate import Gate, StoreSource, peer
from ._keycask import Answer, Grant
from .starlette import response

__all__ = ["KeyAuth", "Refused", "RefusedSocket"]


class Refused(HTTPException):
    """A request was refused; `answer` is what the profile answers. `KeyAuth.install` has it
    answered so; without, the answer has its status and headers, and FastAPI's body.
    """

    def __init__(self, answer: Answer) -> None:
        # Without words, some versions of Starlette look for those of the status, and raise for one
        # that Python does not know, as a profile may have it.
        words = responses.get(answer.status, "Refused")
        super().__init__(answer.status, words, headers=dict(answer.headers))
        self.answer = answer


class RefusedSocket(WebSocketException):
    """A websocket was refused; `answer` is what the profile answers. `KeyAuth.install` has its
    handshake answered so if the server can; else it is closed with 1008, a policy violation.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(WS_1008_POLICY_VIOLATION)
        self.answer = answer


class KeyAuth(SecurityBase):
    """Gives the grant of a request that presents a key of `realm` with all scopes that
    `Security(..., scopes=)` names, and raises `Refused` for others, or `RefusedSocket`. A request
    that several of them ask, such as one of the application and one of the route, is charged once.

    `kinds`: those that are accepted; all without. `model`: how OpenAPI shows where the key is
    presented; that is as the profile says, whatever this is. `scheme_name`: its name there.
    `request_id`: gives your id of a request, for answers that quote it.
    """

    def __init__(
        self,
        store: StoreSource,
        realm: str,
        *,
        kinds: Iterable[str] | None = None,
        model: SecurityModel | None = None,
        scheme_name: str | None = None,
        request_id: Callable[[HTTPConnection], str] | None = None,
    ) -> None:
        self._request_id = request_id
        self._gate = Gate(store, realm, kinds=kinds)
        self.model = model if model is not None else HTTPBearer()
        self.scheme_name = scheme_name if scheme_name is not None else realm

    def install(self, app: FastAPI) -> None:
        """Has `app` answer refused requests with the profile's bytes, and add to every answer to
        a granted one what the profile adds. To be called before `app` serves.

        Without it, that is added only where a route returns no `Response` and raises nothing.
        """
        app.add_exception_handler(Refused, _refused)
        app.add_exception_handler(RefusedSocket, _refused_socket)
        app.add_middleware(_Adding)

    async def __call__(
        self, conn: HTTPConnection, security_scopes: SecurityScopes, added: Response
    ) -> Grant:
        """The grant of a request."""
        client = conn.client
        added_later: dict[bytes, bytes] | None = conn.scope.get(_ADDED)
        charged: set[Gate] = conn.scope.setdefault("keycask.charged", set())
        outcome = self._gate.present(
            conn.scope.get("method", "GET"),
            iter(conn.headers.raw),
            tuple(security_scopes.scopes),
            cost=0 if self._gate in charged else 1,
            address=peer(client.host if client else None),
            request_id=self._request_id(conn) if self._request_id else "",
        )
        grant = outcome.verdict.grant
        if grant is None:
            if added_later is not None:
                # What another dependency granted.
                added_later.clear()
            refused = RefusedSocket if conn.scope["type"] == "websocket" else Refused
            raise refused(outcome.answer)
        charged.add(self._gate)
        if added_later is not None:
            added_later.update(asgi.fields(outcome.answer))
        else:
            for name, value in outcome.answer.headers:
                added.headers[name] = value
        return grant


_ADDED = "keycask.added"
"""Where in a scope it stands which fields the answer shall have."""


class _Adding:
    """Adds to answers what dependencies have put into the scope."""

    def __init__(self, app: asgi.App) -> None:
        self._app = app

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        # Several may be installed: one adds for all.
        if scope["type"] == "http" and _ADDED not in scope:
            scope[_ADDED] = added = dict[bytes, bytes]()
            send = asgi.adding(send, added)
        await self._app(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return response(error.answer)


async def _refused_socket(socket: WebSocket, error: Exception) -> None:
    assert isinstance(error, RefusedSocket)
    if "websocket.http.response" in (socket.scope.get("extensions") or {}):
        await socket.send_denial_response(response(error.answer))
    else:
        await socket.close(error.code)
