"""Plain ASGI, and Starlette's backend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from keycask import Issued, Store

from .applications import READ, answers, asgi_app


def test_a_websocket_without_a_key_is_refused(store: Store, issued: Issued) -> None:
    def ask(headers: list[tuple[bytes, bytes]], extensions: dict[str, Any]) -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "websocket", "headers": headers, "extensions": extensions}
        asyncio.run(asgi_app(store)(scope, receive, send))
        return sent

    token = issued.token.expose().encode()
    assert ask([(b"authorization", b"Bearer " + token)], {}) == [{"type": "websocket.accept"}]
    assert ask([], {}) == [{"type": "websocket.close", "code": 1008}]
    start, body = ask([], {"websocket.http.response": {}})
    status, _, text = answers(store, "GET", [])
    assert (start["status"], body["body"]) == (status, text)


def test_a_scope_that_asgi_does_not_know_passes_nobody(store: Store) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "reached"})

    from keycask.asgi import KeyMiddleware

    guarded: Any = KeyMiddleware(app, store, "shop")
    asyncio.run(guarded({"type": "lifespan"}, None, send))
    assert sent == ["reached"]
    asyncio.run(guarded({"type": "webtransport", "headers": []}, None, send))
    assert sent.count("reached") == 1


def test_a_request_may_go_without_a_key_where_none_is_required(
    store: Store, issued: Issued
) -> None:
    from keycask.starlette import KeyBackend, Refused
    from starlette.requests import HTTPConnection

    def credentials(headers: list[tuple[bytes, bytes]]) -> Any:
        conn = HTTPConnection({"type": "http", "method": "GET", "headers": headers})
        return asyncio.run(KeyBackend(store, "shop", required=False).authenticate(conn))

    assert credentials([]) is None
    token = f"Bearer {issued.token.expose()}".encode()
    assert list(credentials([(b"authorization", token)])[0].scopes) == [READ]
    with pytest.raises(Refused):
        credentials([(b"authorization", b"Bearer x")])
