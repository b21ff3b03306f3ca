"""Starlette, FastAPI, plain ASGI, Flask, Django, REST framework: all answer the profile's bytes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Annotated, Any

import keycask
import pytest
from keycask import Clock, Issued, Store

from .conftest import PROFILE

READ = "orders:read"


def answers(store: Store, method: str, headers: list[tuple[str, str]], *scopes: str) -> Any:
    """What the profile answers: status, and header fields in lower case, and the body."""
    answer = store.present(method, headers, realm="shop", scopes=scopes, cost=0).answer
    return answer.status, {n.lower(): v for n, v in answer.headers}, answer.body


Get = Callable[[str, list[tuple[str, str]]], Any]


def starlette_app(store: Store) -> Any:
    from keycask.starlette import KeyBackend, on_error
    from starlette.applications import Starlette
    from starlette.authentication import requires
    from starlette.middleware import Middleware
    from starlette.middleware.authentication import AuthenticationMiddleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    @requires(READ)
    async def orders(request: Request) -> JSONResponse:
        return JSONResponse({"owner": request.user.identity})

    middleware = Middleware(
        AuthenticationMiddleware, backend=KeyBackend(store, "shop"), on_error=on_error
    )
    return Starlette(routes=[Route("/", orders)], middleware=[middleware])


def fastapi_app(store: Store) -> Any:
    from fastapi import FastAPI, Security
    from keycask.fastapi import KeyAuth

    app, keys = FastAPI(), KeyAuth(store, "shop")
    keys.install(app)

    async def orders(grant: Any) -> Any:
        return {"owner": grant.owner, "thread": threading.get_ident()}

    # Annotations of a nested function are not found by name.
    orders.__annotations__["grant"] = Annotated[keycask.Grant, Security(keys, scopes=[READ])]
    app.get("/")(orders)
    return app


def asgi_app(store: Store) -> Any:
    from keycask.asgi import KeyMiddleware

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        body = json.dumps({"owner": scope["state"]["grant"].owner}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return KeyMiddleware(app, lambda: store, "shop", scopes=[READ])


def through_asgi(app: Any, path: str = "/") -> Get:
    import httpx

    def get(method: str, headers: list[tuple[str, str]]) -> Any:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                return await client.request(method, path, headers=headers)

        response = asyncio.run(ask())
        return response.status_code, dict(response.headers), response.content

    return get


def through_flask(store: Store) -> Get:
    from flask import Flask, g
    from keycask.flask import Keys

    app, keys = Flask("shop"), Keys(store, "shop")

    @app.get("/")
    @keys.required(READ)
    def orders() -> Any:
        return {"owner": g.grant.owner}

    def get(method: str, headers: list[tuple[str, str]]) -> Any:
        response = app.test_client().open("/", method=method, headers=headers)
        return response.status_code, {k.lower(): v for k, v in response.headers}, response.data

    return get


STORE: Store | None = None


def the_store() -> Store:
    """The store that Django's settings name."""
    assert STORE is not None
    return STORE


def django_orders() -> Any:
    from django.http import JsonResponse
    from keycask.django import require_key

    @require_key(READ)
    def orders(request: Any) -> Any:
        return JsonResponse({"owner": request.grant.owner})

    return orders


def django_async_orders() -> Any:
    from django.http import JsonResponse
    from keycask.django import require_key

    @require_key(READ)
    async def orders(request: Any) -> Any:
        return JsonResponse({"owner": request.grant.owner})

    return orders


def rest_orders() -> Any:
    from keycask.rest_framework import HasScope
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Orders(APIView):  # type: ignore[misc]
        permission_classes = [HasScope(READ)]

        def get(self, request: Any) -> Any:
            assert request.user.is_authenticated and request.auth.owner == str(request.user)
            return Response({"owner": request.user.identity})

    return Orders.as_view()


@pytest.fixture
def django(store: Store) -> Iterator[None]:
    """Django, with the settings that the modules' pages show."""
    global STORE
    STORE = store
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            INSTALLED_APPS=[],
            KEYCASK={"STORE": f"{__name__}.the_store", "REALM": "shop"},
            REST_FRAMEWORK={
                "DEFAULT_AUTHENTICATION_CLASSES": ["keycask.rest_framework.KeyAuthentication"],
                "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
                "EXCEPTION_HANDLER": "keycask.rest_framework.exception_handler",
                "UNAUTHENTICATED_USER": None,
            },
        )
        django.setup()
    yield
    STORE = None


def through_django(view: Any) -> Get:
    from inspect import iscoroutine

    from django.test import RequestFactory

    def get(method: str, headers: list[tuple[str, str]]) -> Any:
        request = RequestFactory().generic(method, "/", headers=dict(headers))
        response = view(request)
        if iscoroutine(response):
            response = asyncio.run(response)
        if hasattr(response, "render"):
            response.render()
        fields = {k.lower(): v for k, v in response.headers.items()}
        return response.status_code, fields, response.content

    return get


WAYS: dict[str, Callable[[Store], Get]] = {
    "asgi": lambda store: through_asgi(asgi_app(store)),
    "starlette": lambda store: through_asgi(starlette_app(store)),
    "fastapi": lambda store: through_asgi(fastapi_app(store)),
    "flask": through_flask,
    "django": lambda store: through_django(django_orders()),
    "django_async": lambda store: through_django(django_async_orders()),
    "rest_framework": lambda store: through_django(rest_orders()),
}


@pytest.fixture(params=WAYS)
def get(request: Any, store: Store, django: None) -> Get:
    """Asks one of the frameworks for `/`."""
    return WAYS[request.param](store)


def test_a_granted_request_gets_what_it_asked_for(
    get: Get, store: Store, issued: Issued, request: Any
) -> None:
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    status, fields, body = get("GET", headers)
    assert status == 200 and json.loads(body)["owner"] == "ann"
    assert store.decision_counts()["granted"] >= 1
    charged = store.check(issued.token.expose(), realm="shop", cost=0).rate
    assert charged is not None and charged.remaining == 999, "a request is charged once"
    _, added, _ = answers(store, "GET", headers, READ)
    # A backend of Starlette's sees no answer.
    if request.node.callspec.params["get"] != "starlette":
        assert added and added.keys() <= fields.keys()


def test_a_refused_request_gets_the_profile_s_bytes(
    get: Get, store: Store, issued: Issued, clock: Clock
) -> None:
    token = issued.token.expose()
    refused: list[list[tuple[str, str]]] = [
        [],
        [("Authorization", "Bearer shop_nothing")],
        [("Authorization", f"Basic {token}")],
        [("Authorization", "Bearer  x")],
    ]
    for headers in refused:
        status, fields, body = answers(store, "GET", headers, READ)
        got_status, got_fields, got_body = get("GET", headers)
        assert (got_status, got_body) == (status, body), headers
        assert fields.items() <= got_fields.items(), headers
        assert got_fields.get("content-type", "") == fields.get("content-type", "")


def test_a_key_without_the_scope_gets_the_profile_s_bytes(
    request: Any, store: Store, django: None
) -> None:
    issued = store.issue(keycask.Spec("shop", "live", "ann"), by="test")
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    status, fields, body = answers(store, "GET", headers, READ)
    assert status == 403
    for name, way in WAYS.items():
        got_status, got_fields, got_body = way(store)("GET", headers)
        assert got_status == 403, name
        # Starlette's own `requires` answers for itself.
        if name != "starlette":
            assert got_body == body and fields.items() <= got_fields.items(), name


def test_a_used_up_rate_says_when_to_ask_again(get: Get, store: Store, issued: Issued) -> None:
    store.set_owner("shop", "ann", plan="tiny", by="test")
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    assert get("GET", headers)[0] == 200
    status, fields, _ = get("GET", headers)
    assert status == 429 and int(fields["retry-after"]) == 3600


def test_a_key_of_a_network_is_decided_by_the_peer(
    get: Get, store: Store, issued: Issued, clock: Clock
) -> None:
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    for networks, status in ((["192.0.2.0/24", "127.0.0.0/8"], 200), (["10.0.0.0/8"], 401)):
        store.update(issued.key.key_id, networks=networks, by="test")
        forged = [*headers, ("X-Forwarded-For", "10.0.0.1")]
        assert get("GET", forged)[0] == status


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


def test_what_is_for_others_is_left_to_them(
    store: Store, issued: Issued, django: None
) -> None:
    """A credential of another scheme or header is none of the realm's."""
    from django.test import RequestFactory
    from keycask.rest_framework import KeyAuthentication
    from keycask.starlette import KeyBackend
    from rest_framework.request import Request as RestRequest
    from starlette.requests import HTTPConnection

    for name, value in (("authorization", "Basic YW5uOng="), ("x-api-key", "x")):
        headers = [(name.encode(), value.encode())]
        conn = HTTPConnection({"type": "http", "method": "GET", "headers": headers})
        assert asyncio.run(KeyBackend(store, "shop", required=False).authenticate(conn)) is None
        request = RequestFactory().get("/", headers={name: value})
        assert KeyAuthentication().authenticate(RestRequest(request)) is None


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


def test_what_an_application_says_of_itself_stays(
    store: Store, issued: Issued, django: None
) -> None:
    from django.http import HttpResponse
    from flask import Flask
    from keycask.asgi import KeyMiddleware
    from keycask.django import require_key
    from keycask.flask import Keys

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"RateLimit", b"own")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    flask = Flask("shop")
    flask.get("/")(Keys(store, "shop").required()(lambda: ("", {"RateLimit": "own"})))
    view = require_key()(lambda request: HttpResponse(headers={"RateLimit": "own"}))
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    asgi = through_asgi(KeyMiddleware(app, store, "shop"))("GET", headers)[1]
    assert asgi["ratelimit"] == "own" and "ratelimit-policy" in asgi
    answered = flask.test_client().get("/", headers=headers)
    assert answered.headers.getlist("RateLimit") == ["own"]
    assert "RateLimit-Policy" in answered.headers
    assert through_django(view)("GET", headers)[1]["ratelimit"] == "own"


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


def test_a_view_of_rest_framework_that_refuses_a_granted_request_is_no_success(
    store: Store, issued: Issued, django: None
) -> None:
    """The answer of the grant, 200 without a body, was given to it."""
    from rest_framework.exceptions import NotAuthenticated
    from rest_framework.views import APIView

    class Stepped(APIView):  # type: ignore[misc]
        def get(self, request: Any) -> Any:
            raise NotAuthenticated

    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    assert through_django(Stepped.as_view())("GET", headers)[0] == 401


def rest_view(*permissions: Any, **more: Any) -> Get:
    """Asks a view of REST framework that has these permissions."""
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Asked(APIView):  # type: ignore[misc]
        permission_classes = permissions

        def get(self, request: Any) -> Any:
            return Response({})

    for name, value in more.items():
        setattr(Asked, name, value)
    return through_django(Asked.as_view())


def test_permissions_of_rest_framework_are_joined(
    store: Store, issued: Issued, django: None
) -> None:
    from keycask.rest_framework import HasScope
    from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated

    class Nobody(BasePermission):  # type: ignore[misc]
        message, code = "nobody may", "nobody"

        def has_permission(  # pyright: ignore
            self, request: Any, view: Any
        ) -> bool:
            return False

    read, write = HasScope(READ), HasScope("orders:write")
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    for granted in (write | read, read | write, read & AllowAny, write | IsAuthenticated):
        assert rest_view(granted)("GET", headers)[0] == 200
    status, fields, body = answers(store, "GET", headers, "orders:write")
    assert status == 403
    for refused in (
        write,
        write & read,
        read & write,
        write | write,
        (IsAuthenticated & read) & write,
    ):
        got_status, got_fields, got_body = rest_view(refused)("GET", headers)
        assert (got_status, got_body) == (status, body)
        assert fields.items() <= got_fields.items()
    # Nobody has presented a key.
    status, fields, body = answers(store, "GET", [])
    assert (status, body) == rest_view(write & read)("GET", [])[::2]
    # What others refuse is theirs.
    for others in ((read, Nobody), (write | AllowAny, Nobody), (read & IsAdminUser,)):
        got_status, _, got_body = rest_view(*others)("GET", headers)
        assert got_status == 403 and b"detail" in got_body


def test_whom_rest_framework_knows_otherwise_is_asked_for_a_key(
    store: Store, issued: Issued, django: None
) -> None:
    """By a class that stands before that of keys, which then is not asked."""
    from keycask.rest_framework import HasScope, KeyAuthentication
    from rest_framework.authentication import BaseAuthentication

    class Someone(BaseAuthentication):  # type: ignore[misc]
        def authenticate(self, request: Any) -> Any:
            return object(), None

    status, fields, body = answers(store, "GET", [])
    for classes in ([Someone, KeyAuthentication], [KeyAuthentication, Someone]):
        get = rest_view(HasScope(READ) & HasScope(READ), authentication_classes=classes)
        got_status, got_fields, got_body = get("GET", [])
        assert (got_status, got_body) == (status, body)
        assert fields.items() <= got_fields.items()
    get = rest_view(HasScope(READ), authentication_classes=[Someone, KeyAuthentication])
    assert get("GET", [("Authorization", f"Bearer {issued.token.expose()}")])[0] == 403


ANSWERS = """
[answers.granted]
headers = { X-Keys = "granted", X-Left = "{remaining}" }

[answers.forbidden]
headers = { X-Keys = "refused" }
"""


def test_an_answer_to_a_refused_request_has_nothing_of_a_grant(
    store: Store, issued: Issued, django: None
) -> None:
    """Where one part of an application grants a request before another refuses it."""
    from fastapi import FastAPI, Security
    from keycask.fastapi import KeyAuth
    from keycask.rest_framework import HasScope

    store.apply_realm("shop.toml", PROFILE + ANSWERS, by="test")
    keys = KeyAuth(store, "shop")
    app = FastAPI(dependencies=[Security(keys)])
    keys.install(app)
    app.get("/", dependencies=[Security(keys, scopes=["orders:write"])])(lambda: {})
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    for get in (rest_view(HasScope("orders:write")), through_asgi(app)):
        status, fields, _ = get("GET", headers)
        assert (status, fields["x-keys"]) == (403, "refused") and "x-left" not in fields
    assert rest_view(HasScope(READ))("GET", headers)[1]["x-keys"] == "granted"


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


def test_an_error_page_that_prints_variables_shows_no_token(
    get: Get, store: Store, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keycask._gate import Gate

    token = issued.token.expose()
    decide, printed = Gate.present, list[str]()

    def noted(*args: Any, **more: Any) -> Any:
        try:
            return decide(*args, **more)
        except keycask.ClosedError as error:
            assert error.__traceback__ is not None
            for frame, _ in traceback.walk_tb(error.__traceback__.tb_next):
                printed.append(repr(frame.f_locals))
            raise

    monkeypatch.setattr(Gate, "present", noted)
    store.close()
    with contextlib.suppress(keycask.ClosedError):
        get("GET", [("Authorization", f"Bearer {token}")])
    assert "'headers'" in "".join(printed)
    assert token not in "".join(printed)


@pytest.mark.parametrize("text", ["", "live", b"", b"live"])
def test_one_text_is_not_several_names(store: Store, text: Any) -> None:
    from keycask.asgi import KeyMiddleware
    from keycask.fastapi import KeyAuth
    from keycask.flask import Keys
    from keycask.starlette import KeyBackend

    makers: list[Callable[[], Any]] = [
        lambda: KeyMiddleware(asgi_app(store), store, "shop", scopes=text),
        lambda: KeyMiddleware(asgi_app(store), store, "shop", kinds=text),
        lambda: KeyAuth(store, "shop", kinds=text),
        lambda: Keys(store, "shop", kinds=text),
        lambda: KeyBackend(store, "shop", kinds=text),
    ]
    for make in makers:
        with pytest.raises(TypeError, match="want several names"):
            make()


def test_a_framework_is_imported_only_by_its_own_module() -> None:
    names = "fastapi starlette django rest_framework flask"
    code = f"import sys, keycask.asgi; print([n for n in {names.split()} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
