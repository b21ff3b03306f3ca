"""Plain ASGI middleware, for any framework: `KeyMiddleware(app, store, "shop")`.

It needs no framework. In the application, `scope["state"]["grant"]`, which Starlette and FastAPI
have as `request.state.grant`, is the grant. A refused request is answered with the profile's
bytes; what the profile adds to a granted one, such as rate headers, is added to its answer, unless
the application says it itself. The application is given copies of the scope and of its state,
with the grant in it: what it assigns there is not seen by middleware outside of this one.

Deciding takes microseconds and is done where the event loop is: no thread is taken for it. (A key
with a quota may have to wait for the disk: see the README.) Put middleware that answers CORS
preflights outside of this one: a preflight carries no key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from ._gate import Gate, StoreSource, peer, several
from ._keycask import Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def fields(answer: Answer) -> list[tuple[bytes, bytes]]:
    """The header fields of an answer, as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in answer.headers]


def client(scope: Scope) -> str | None:
    """The text of the peer's address."""
    pair = scope.get("client")
    return pair[0] if pair else None


def adding(send: Send, added: Mapping[bytes, bytes]) -> Send:
    """A `send` that adds to the answer what is in `added` by then, and not in the answer itself."""

    async def send_with_fields(message: Message) -> None:
        if message["type"] == "http.response.start" and added:
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message["headers"] = own + [field for field in added.items() if field[0] not in names]
        await send(message)

    return send_with_fields


class KeyMiddleware:
    """Lets a request pass if it presents a key of `realm` that has all of `scopes`.

    `scopes`: any key will do without. `kinds`: those that are accepted; all without. Either of no
    name, as of a setting that was left out, is refused with an `ArgumentError`. `store`: one, or
    what gives one. `request_id`: gives your id of a request, for answers that quote it.
    """

    def __init__(
        self,
        app: App,
        store: StoreSource,
        realm: str,
        *,
        scopes: Iterable[str] | None = None,
        kinds: Iterable[str] | None = None,
        request_id: Callable[[Scope], str] | None = None,
    ) -> None:
        self._app, self._request_id = app, request_id
        self._scopes = several("scopes", scopes) or ()
        self._gate = Gate(store, realm, kinds=kinds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        outcome = self._gate.present(
            scope.get("method", "GET"),
            iter(scope["headers"]),
            self._scopes,
            address=peer(client(scope)),
            request_id=self._request_id(scope) if self._request_id else "",
        )
        answer, grant = outcome.answer, outcome.verdict.grant
        if grant is None:
            await refuse(scope, receive, send, answer)
            return
        state = {**scope.get("state", {}), "grant": grant}
        await self._app({**scope, "state": state}, receive, adding(send, dict(fields(answer))))


async def refuse(scope: Scope, receive: Receive, send: Send, answer: Answer) -> None:
    """Answers a refused request, or the handshake of a refused websocket."""
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            # 1008: policy violation. The server answers the handshake with 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    headers = [*fields(answer), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": f"{kind}.start", "status": answer.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": answer.body})
