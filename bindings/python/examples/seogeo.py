"""The service of seogeo.tools, as its page "API Authentication" has it, in FastAPI.

    SEOGEO_STORE=keys.keycask uvicorn seogeo:app

The store that `SEOGEO_STORE` names has the realm of `profiles/seogeo.toml`. What the page answers
to a key is the application's; all that has to do with keys is keycask's.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Request, Security
from keycask import Grant, Store
from keycask.fastapi import KeyAuth
from starlette.requests import HTTPConnection

EMAILS = {"550e8400-e29b-41d4-a716-446655440000": "user@example.com"}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Has the store open for as long as the application runs."""
    with Store.open(os.environ["SEOGEO_STORE"]) as app.state.store:
        yield


def request_id(request: HTTPConnection) -> str:
    """The id that answers quote: the caller's own, or a new one."""
    known = request.headers.get("X-Request-Id") or f"req_{uuid.uuid4().hex}"
    request.state.request_id = known
    return known


app = FastAPI(title="seogeo.tools", lifespan=lifespan)
keys = KeyAuth(lambda: app.state.store, "seogeo", request_id=request_id)
keys.install(app)


def answer(request: Request, data: Any) -> dict[str, Any]:
    """The page's form of an answer."""
    return {"data": data, "meta": {"requestId": request.state.request_id}}


@app.get("/api/public/v1/me")
async def me(request: Request, grant: Annotated[Grant, Security(keys)]) -> dict[str, Any]:
    """Whose the key is."""
    profile = {
        "userId": grant.owner,
        "email": EMAILS.get(grant.owner),
        "plan": grant.plan,
        "apiKeyPrefix": grant.prefix,
    }
    return answer(request, profile)


@app.get("/api/public/v1/projects")
async def projects(
    request: Request, grant: Annotated[Grant, Security(keys, scopes=["projects:read"])]
) -> dict[str, Any]:
    """The projects, of which this example has none."""
    return answer(request, [])
