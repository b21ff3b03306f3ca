"""FastAPI: its threads, its OpenAPI, its dependencies, its responses and its websockets."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import keycask
import pytest
from keycask import Issued, Store

from .applications import READ, answers, fastapi_app, through_asgi


def test_fastapi_takes_no_thread_for_it(store: Store, issued: Issued) -> None:
    """The dependency, the endpoint and the loop are one thread; a `def` would take another."""
    import anyio.to_thread
    from keycask.fastapi import KeyAuth

    get = through_asgi(fastapi_app(store))
    hops: list[object] = []
    threads: list[int] = []
    run_sync, call = anyio.to_thread.run_sync, KeyAuth.__call__

    async def counted(*args: Any, **more: Any) -> Any:
        hops.append(args)
        return await run_sync(*args, **more)

    async def told(self: KeyAuth, *args: Any, **more: Any) -> Any:
        threads.append(threading.get_ident())
        return await call(self, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anyio.to_thread, "run_sync", counted)
        body = get("GET", [("Authorization", f"Bearer {issued.token.expose()}")])[2]
        assert json.loads(body)["thread"] == threading.get_ident()
        assert hops == []
        # The oracle: a dependency that is `def` is seen.
        from fastapi import Depends, FastAPI

        app = FastAPI()
        app.get("/", dependencies=[Depends(lambda: None)])(lambda: {})
        through_asgi(app)("GET", [])
        assert len(hops) >= 1


def test_fastapi_shows_the_key_and_its_scopes_in_openapi(store: Store) -> None:
    schema = fastapi_app(store).openapi()
    assert schema["paths"]["/"]["get"]["security"] == [{"shop": [READ]}]
    assert schema["components"]["securitySchemes"]["shop"] == {"type": "http", "scheme": "bearer"}


def test_several_dependencies_of_fastapi_charge_a_request_once(
    store: Store, issued: Issued
) -> None:
    """One of the application and one of the route, each with scopes of its own."""
    from fastapi import FastAPI, Security
    from keycask.fastapi import KeyAuth

    keys = KeyAuth(store, "shop")
    app = FastAPI(dependencies=[Security(keys)])
    keys.install(app)
    one, other = Security(keys, scopes=[READ]), Security(keys, scopes=["orders:write"])
    app.get("/", dependencies=[one])(lambda: {})
    app.post("/", dependencies=[one, other])(lambda: {})
    get, headers = through_asgi(app), [("Authorization", f"Bearer {issued.token.expose()}")]
    for method, status, remaining in (("GET", 200, 999), ("GET", 200, 998), ("POST", 403, 997)):
        got, fields, _ = get(method, headers)
        assert got == status
        if status == 200:
            told = fields["ratelimit"]
            assert told.count(";r=") == 1 and f";r={remaining};" in told
        rate = store.check(issued.token.expose(), realm="shop", cost=0).rate
        assert rate is not None and rate.remaining == remaining


def test_fastapi_adds_to_whatever_a_route_answers(store: Store, issued: Issued) -> None:
    from fastapi import FastAPI, HTTPException, Response, Security
    from fastapi.responses import PlainTextResponse, StreamingResponse
    from keycask.fastapi import KeyAuth

    def missing() -> None:
        raise HTTPException(404)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"

    routes: dict[str, Callable[[], Any]] = {
        "/": lambda: {},
        "/response": lambda: PlainTextResponse("text"),
        "/stream": lambda: StreamingResponse(pieces()),
        "/own": lambda: Response(headers={"RateLimit": "own"}),
        "/missing": missing,
    }
    token = issued.token.expose()
    for installed in (True, False):
        keys, app = KeyAuth(store, "shop"), FastAPI()
        for _ in range(2 if installed else 0):
            keys.install(app)
        for path, route in routes.items():
            app.get(path, dependencies=[Security(keys)], response_model=None)(route)
        for path in routes:
            get = through_asgi(app, path)
            status, fields, _ = get("GET", [("Authorization", f"Bearer {token}")])
            assert status == (404 if path == "/missing" else 200)
            if installed or path == "/":
                assert "ratelimit-policy" in fields
                told = fields["ratelimit"]
                assert told == "own" if path == "/own" else told.count(";r=") == 1
            status, fields, _ = get("GET", [])
            assert status == 401 and "ratelimit" not in fields


def socket_app(store: Store, *, of_the_application: bool, installed: bool = True) -> Any:
    from fastapi import FastAPI, Security, WebSocket
    from keycask.fastapi import KeyAuth

    keys = KeyAuth(store, "shop", request_id=lambda conn: conn.url.path)
    app = FastAPI(dependencies=[Security(keys)] if of_the_application else [])
    if installed:
        keys.install(app)

    async def feed(socket: Any, grant: Any) -> None:
        await socket.accept()
        await socket.send_text(grant.owner)

    # Annotations of a nested function are not found by name.
    feed.__annotations__ |= {
        "socket": WebSocket,
        "grant": Annotated[keycask.Grant, Security(keys, scopes=[READ])],
    }
    app.websocket("/feed")(feed)
    return app


def opened(app: Any, token: str | None, extensions: dict[str, Any]) -> list[Any]:
    """What a server is told that has a websocket opened with a token."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if token is None else [(b"authorization", b"Bearer " + token.encode())]
    scope = {
        "type": "websocket",
        "path": "/feed",
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.7", 1),
        "extensions": extensions,
    }
    asyncio.run(app(scope, receive, send))
    return sent


@pytest.mark.parametrize("of_the_application", [False, True])
def test_a_websocket_of_fastapi_asks_for_a_key(
    store: Store, issued: Issued, of_the_application: bool
) -> None:
    app = socket_app(store, of_the_application=of_the_application)
    accepted, text = opened(app, issued.token.expose(), {})
    assert (accepted["type"], text["text"]) == ("websocket.accept", "ann")
    rate = store.check(issued.token.expose(), realm="shop", cost=0).rate
    assert rate is not None and rate.remaining == 999, "a handshake is charged once"

    weak = store.issue(keycask.Spec("shop", "live", "ann"), by="test").token.expose()
    for token, headers in (
        (None, []),
        ("shop_nothing", [("Authorization", "Bearer shop_nothing")]),
        (weak, [("Authorization", f"Bearer {weak}")]),
    ):
        (closed,) = opened(app, token, {})
        assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
        start, body = opened(app, token, {"websocket.http.response": {}})
        status, fields, text = answers(store, "GET", headers, READ)
        assert (start["status"], body["body"]) == (status, text)
        got = {name.decode(): value.decode() for name, value in start["headers"]}
        assert fields.items() <= got.items()


def test_a_websocket_of_fastapi_is_closed_where_nothing_is_installed(
    store: Store, issued: Issued
) -> None:
    app = socket_app(store, of_the_application=False, installed=False)
    assert opened(app, issued.token.expose(), {})[0]["type"] == "websocket.accept"
    can_answer: dict[str, Any] = {"websocket.http.response": {}}
    for extensions in ({}, can_answer):
        (closed,) = opened(app, None, extensions)
        assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
