"""What frameworks ask of an integration beyond a request and its answer."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Iterable
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import keycask
import pytest
from keycask import Issued, Store

from .conftest import PROFILE
from .test_web import (
    READ,
    Get,
    answers,
    django as django,
    django_orders,
    get as get,
    rest_view,
    through_asgi,
)

UNKNOWN = """
[answers.unauthorized]
status = 498

[answers.forbidden]
status = 419
"""
"""Statuses that have no words in Python."""


@pytest.fixture
def words_of_every_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has an exception without words look for those of its status, as Starlette 0.46 does."""
    from starlette.exceptions import HTTPException

    made = HTTPException.__init__

    def looked_for(self: Any, status_code: int, detail: Any = None, headers: Any = None) -> None:
        words = http.HTTPStatus(status_code).phrase if detail is None else detail
        made(self, status_code, words, headers)

    monkeypatch.setattr(HTTPException, "__init__", looked_for)


def test_a_status_that_python_does_not_know_is_answered(
    get: Get, store: Store, words_of_every_status: None, request: Any
) -> None:
    store.apply_realm("shop.toml", PROFILE + UNKNOWN, by="test")
    weak = store.issue(keycask.Spec("shop", "live", "ann"), by="test").token.expose()
    for headers, status in (([], 498), ([("Authorization", f"Bearer {weak}")], 419)):
        answered, fields, body = answers(store, "GET", headers, READ)
        assert answered == status
        got_status, got_fields, got_body = get("GET", headers)
        # Starlette's own `requires` answers for itself.
        if status == 419 and request.node.callspec.params["get"] == "starlette":
            assert got_status == 403
            continue
        assert (got_status, got_body) == (status, body)
        assert fields.items() <= got_fields.items()


def test_fastapi_answers_it_also_where_the_profile_s_bytes_are_not_installed(
    store: Store, words_of_every_status: None
) -> None:
    from fastapi import FastAPI, Security
    from keycask.fastapi import KeyAuth

    app = FastAPI(dependencies=[Security(KeyAuth(store, "shop"))])
    app.get("/")(lambda: {})
    ask = through_asgi(app)
    status, fields, body = ask("GET", [])
    assert (status, body) == (401, b'{"detail":"Unauthorized"}') and "www-authenticate" in fields
    store.apply_realm("shop.toml", PROFILE + UNKNOWN, by="test")
    assert ask("GET", [])[::2] == (498, b'{"detail":"Refused"}')


def test_a_status_that_python_does_not_know_goes_through_wsgi(
    store: Store, django: None
) -> None:
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import override_settings
    from django.urls import path
    from flask import Flask
    from keycask.flask import Keys

    store.apply_realm("shop.toml", PROFILE + UNKNOWN, by="test")
    flask = Flask("shop")
    flask.get("/")(Keys(store, "shop").required(READ)(lambda: {}))

    def ask(app: Any) -> tuple[str, bytes]:
        told: list[str] = []

        def start(status: str, headers: Any, info: Any = None) -> Any:
            told.append(status)
            return lambda data: None

        environ: dict[str, Any] = {"QUERY_STRING": ""}
        setup_testing_defaults(environ)
        pieces: Iterable[bytes] = validator(app)(environ, start)
        body = b"".join(pieces)
        pieces.close()  # type: ignore[attr-defined]  # pyright: ignore
        return told[0], body

    body = answers(store, "GET", [], READ)[2]
    routes = ModuleType("routes")
    routes.urlpatterns = [path("", django_orders())]  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=routes):
        for app in (flask, WSGIHandler()):
            status, got = ask(app)
            assert status.startswith("498 ") and len(status) > 4 and got == body


def test_django_s_permissions_of_models_know_the_user_of_a_key(
    store: Store, issued: Issued, django: None
) -> None:
    """Who may only read may; what Django would keep a permission of is refused, with 403."""
    from rest_framework.permissions import DjangoModelPermissions, DjangoObjectPermissions
    from rest_framework.response import Response

    def post(self: Any, request: Any) -> Any:
        return Response({})

    def read(self: Any, request: Any) -> Any:
        self.check_object_permissions(request, object())
        return Response({"user": request.user.get_username()})

    meta = SimpleNamespace(app_label="shop", model_name="order")
    rows = SimpleNamespace(model=SimpleNamespace(_meta=meta))
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    for permission in (DjangoModelPermissions, DjangoObjectPermissions):
        ask = rest_view(permission, queryset=rows, get=read, post=post)
        status, _, body = ask("GET", headers)
        assert (status, body) == (200, b'{"user":"ann"}')
        status, _, body = ask("POST", headers)
        assert status == 403 and b"permission" in body
        assert ask("POST", [])[0] == 401


def test_the_user_of_a_key_has_what_django_asks_users_for(store: Store, issued: Issued) -> None:
    from django.contrib.auth.base_user import AbstractBaseUser
    from keycask.django import KeyUser

    user = KeyUser(store.verify(issued.token.expose(), realm="shop"))
    assert user.username == user.get_username() == "ann"
    assert not user.is_superuser and not user.is_staff
    assert not user.has_perm("shop.add_order") and not user.has_perm("shop.add_order", object())
    assert user.has_perms([]) and user.has_perms(iter(()), object())
    assert not user.has_perms(["shop.add_order"]) and not user.has_module_perms("shop")
    for wrong in ("shop.add_order", "", None):
        with pytest.raises(ValueError, match="iterable"):
            user.has_perms(wrong)  # type: ignore[arg-type]
    assert hasattr(AbstractBaseUser, "get_username")


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
