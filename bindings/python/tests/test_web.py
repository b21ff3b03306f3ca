"""Starlette, FastAPI, plain ASGI, Flask, Django, REST framework: all answer the profile's bytes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import keycask
import pytest
from keycask import Clock, Issued, Store

from .applications import (
    READ,
    WAYS,
    Get,
    answers,
    asgi_app,
    rest_view,
    through_asgi,
    through_django,
)
from .conftest import PROFILE


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


@pytest.mark.parametrize("text", ["", "live", b"", b"live", bytearray(b"live")])
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


def test_a_permission_of_no_scope_is_not_made(django: None) -> None:
    from keycask.rest_framework import HasScope

    with pytest.raises(keycask.ArgumentError, match="^scopes: none is named"):
        HasScope()


@pytest.mark.parametrize("none", [[], (), set(), iter(())])
def test_an_application_is_not_made_of_no_name(store: Store, issued: Issued, none: Any) -> None:
    """Of a setting that was left out."""
    from keycask.asgi import KeyMiddleware
    from keycask.fastapi import KeyAuth
    from keycask.flask import Keys
    from keycask.starlette import KeyBackend

    makers: dict[str, list[Callable[[], Any]]] = {
        "scopes": [lambda: KeyMiddleware(asgi_app(store), store, "shop", scopes=none)],
        "kinds": [
            lambda: KeyMiddleware(asgi_app(store), store, "shop", kinds=none),
            lambda: KeyAuth(store, "shop", kinds=none),
            lambda: Keys(store, "shop", kinds=none),
            lambda: KeyBackend(store, "shop", kinds=none),
        ],
    }
    for name, calls in makers.items():
        for make in calls:
            with pytest.raises(keycask.ArgumentError, match=f"^{name}: none is named"):
                make()
    asked = KeyMiddleware(asgi_app(store), store, "shop", scopes=None)
    headers = [("Authorization", f"Bearer {issued.token.expose()}")]
    assert through_asgi(asked)("GET", headers)[0] == 200


def test_a_framework_is_imported_only_by_its_own_module() -> None:
    names = "fastapi starlette django rest_framework flask"
    code = f"import sys, keycask.asgi; print([n for n in {names.split()} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
