"""What test_servers has real servers serve: an application that opens its store when imported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import keycask
from keycask.asgi import KeyMiddleware

STORE = keycask.Store.open(
    os.environ["KEYCASK_TEST_PATH"],
    pepper=b"\x50" * 32,
    read_only=bool(os.environ.get("KEYCASK_TEST_READ_ONLY")),
)


def wsgi(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the owner and the process, or with the name of what was raised."""
    headers = [("Authorization", environ.get("HTTP_AUTHORIZATION", ""))]
    try:
        outcome = STORE.present(environ["REQUEST_METHOD"], headers, realm="shop")
    except keycask.Error as error:
        start("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [type(error).__name__.encode()]
    grant = outcome.verdict.grant
    start(f"{outcome.answer.status} Answered", list(outcome.answer.headers))
    return [outcome.answer.body if grant is None else f"{grant.owner} {os.getpid()}".encode()]


async def owner(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the owner and the process."""
    if scope["type"] == "http":
        body = f"{scope['state']['grant'].owner} {os.getpid()}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


asgi = KeyMiddleware(owner, STORE, "shop")


def open_in_worker(server: Any, worker: Any) -> None:
    """gunicorn's `post_fork`, as the README shows it: each worker opens for itself."""
    global STORE
    STORE = keycask.Store.open(
        os.environ["KEYCASK_TEST_PATH"], pepper=b"\x50" * 32, read_only=True
    )
