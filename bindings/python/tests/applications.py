"""Applications of every framework that guard `/` with a key, and what asks them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import keycask
from keycask import Store

READ = "orders:read"

Get = Callable[[str, list[tuple[str, str]]], Any]


def answers(store: Store, method: str, headers: list[tuple[str, str]], *scopes: str) -> Any:
    """What the profile answers: status, and header fields in lower case, and the body."""
    answer = store.present(method, headers, realm="shop", scopes=scopes or None, cost=0).answer
    return answer.status, {n.lower(): v for n, v in answer.headers}, answer.body


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


@contextmanager
def django_of(store: Store) -> Iterator[None]:
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
