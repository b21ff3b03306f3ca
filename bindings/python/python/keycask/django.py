"""Django views that ask for a key.

```python
# settings.py
KEYCASK = {"STORE": "shop.keys.store", "REALM": "shop"}

# views.py
@require_key("orders:read")
def orders(request):
    return JsonResponse({"owner": request.grant.owner})
```

`STORE` names a store, or a function that gives one. `KINDS` are those that are accepted; all
without. `USER` names a function that gives your user for a grant; a `KeyUser` without. `REQUEST_ID`
names one that gives your id of a request, for answers that quote it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpResponse
from django.utils.module_loading import import_string

from ._gate import Gate, KeyUser, peer
from ._keycask import Answer, Grant, Outcome

__all__ = ["KeyUser", "present", "require_key", "response"]

View = TypeVar("View", bound=Callable[..., Any])


@cache
def gate() -> Gate:
    """The gate of the settings."""
    given = settings.KEYCASK
    return Gate(import_string(given["STORE"]), given["REALM"], kinds=given.get("KINDS"))


def _forget(*, setting: str, **_: object) -> None:
    if setting == "KEYCASK":
        gate.cache_clear()


setting_changed.connect(_forget)


def user_of(grant: Grant) -> Any:
    """The user of a granted request."""
    make = settings.KEYCASK.get("USER")
    return (import_string(make) if make else KeyUser)(grant)


def present(request: Any, scopes: tuple[str, ...] = (), *, cost: int = 1) -> Outcome:
    """What becomes of a request."""
    address = peer(request.META.get("REMOTE_ADDR"))
    name = settings.KEYCASK.get("REQUEST_ID")
    return gate().present(
        request.method,
        iter(request.headers.items()),
        scopes,
        cost=cost,
        address=address,
        request_id=import_string(name)(request) if name else "",
    )


def response(answer: Answer) -> HttpResponse:
    """The profile's answer."""
    made = HttpResponse(answer.body, status=answer.status)
    del made["Content-Type"]
    for name, value in answer.headers:
        made[name] = value
    return made


def require_key(*scopes: str) -> Callable[[View], View]:
    """A decorator: the view runs if the request presents a key with all of `scopes`, and
    `request.grant` is its grant. Else the profile's answer is given. For `def` and `async def`.

    What the profile adds to a granted request's answer is added to what the view returns. If the
    view raises, Django makes the answer, without it.
    """

    def decorate(view: View) -> View:
        def gated(request: Any) -> Answer | None:
            """The answer to a refused request."""
            outcome = present(request, scopes)
            request.grant = outcome.verdict.grant
            request.keycask_headers = outcome.answer.headers
            return None if outcome.verdict else outcome.answer

        def added(request: Any, answered: HttpResponse) -> HttpResponse:
            for name, value in request.keycask_headers:
                answered.setdefault(name, value)
            return answered

        if iscoroutinefunction(view):

            @wraps(view)
            async def later(request: Any, *args: Any, **more: Any) -> HttpResponse:
                refused = gated(request)
                if refused is not None:
                    return response(refused)
                return added(request, await view(request, *args, **more))

            return later  # type: ignore[return-value]

        @wraps(view)
        def now(request: Any, *args: Any, **more: Any) -> HttpResponse:
            refused = gated(request)
            if refused is not None:
                return response(refused)
            return added(request, view(request, *args, **more))

        return now  # type: ignore[return-value]

    return decorate
