"""Answers with a status that Python has no words for."""

from __future__ import annotations

import http
from collections.abc import Iterable
from types import ModuleType
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import keycask
import pytest
from keycask import Store

from .applications import READ, Get, answers, django_orders, through_asgi
from .conftest import PROFILE

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
