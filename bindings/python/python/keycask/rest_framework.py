"""Django REST framework: authentication by keys, and permission by scopes.

```python
# settings.py
KEYCASK = {"STORE": "shop.keys.store", "REALM": "shop"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["keycask.rest_framework.KeyAuthentication"],
    "EXCEPTION_HANDLER": "keycask.rest_framework.exception_handler",
}

# views.py
class Orders(APIView):
    permission_classes = [HasScope("orders:read")]
```

`request.user` is a `KeyUser`, or what `KEYCASK["USER"]` makes of the grant; `request.auth` is the
grant. With `exception_handler`, refused requests get the profile's bytes.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

from . import django
from ._gate import presents_none, several
from ._keycask import Answer, Grant

__all__ = ["HasScope", "KeyAuthentication", "Refused", "exception_handler"]


class Refused(exceptions.AuthenticationFailed):  # type: ignore[misc]
    """A request was refused; `answer` is what the profile answers."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(code="keycask")
        self.status_code, self.answer = answer.status, answer


class KeyAuthentication(BaseAuthentication):  # type: ignore[misc]
    """Authenticates by a key of the realm that the setting `KEYCASK` names.

    A request without a token has no user, so that other classes may give it one, and a permission
    refuse it. What is in another header or of another scheme, such as `Basic`, is left to them.

    What the profile adds to a granted request's answer goes over what the view says under the same
    names.
    """

    def authenticate(self, request: Any) -> tuple[Any, Grant] | None:
        """The user and the grant. Raises `Refused`."""
        outcome = django.present(request._request)
        grant = outcome.verdict.grant
        if grant is not None:
            # What a view adds to its answer.
            view = (request.parser_context or {}).get("view")
            if view is not None:
                view.headers.update(outcome.answer.headers)
                request._request.keycask_added = outcome.answer.headers
            return django.user_of(grant), grant
        request._request.keycask_none = outcome.answer
        if presents_none(outcome):
            return None
        raise Refused(outcome.answer)

    def authenticate_header(self, request: Any) -> str:  # pyright: ignore
        """The challenge of the profile's answer: with one, REST framework answers with 401."""
        answer = getattr(request._request, "keycask_none", None)
        fields = {} if answer is None else {n.lower(): v for n, v in answer.headers}
        challenge: str = fields.get("www-authenticate", "Bearer")
        return challenge


def HasScope(*scopes: str) -> type[BasePermission]:  # noqa: N802
    """The permission class that asks for a key with all of `scopes`. It can be joined to others
    with `&` and `|`. Where it refused, a `PermissionDenied` without words of its own gets the
    profile's answer: that of the joined permission, and one that a view raises if what stands
    after the `|` let the request pass. None of no scope is made, which any key would have.
    """
    several("scopes", scopes)

    class Permission(BasePermission):  # type: ignore[misc]
        def has_permission(  # pyright: ignore
            self, request: Any, view: Any
        ) -> bool:
            asked, is_known = request._request, isinstance(request.auth, Grant)
            # There is none if another class had authenticated the request before.
            answer = None if is_known else getattr(asked, "keycask_none", None)
            if answer is None:
                # It was charged when it was authenticated.
                outcome = django.present(asked, scopes, cost=0)
                answer = None if outcome.verdict else outcome.answer
            # For the handler: joined permissions have no code by which one could be told.
            asked.keycask_refused = answer
            return is_known and answer is None

    Permission.__name__ = Permission.__qualname__ = f"HasScope({', '.join(scopes)})"
    return Permission


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answers refused requests with the profile's bytes, and all else as REST framework does."""
    answer = _answer(error, context["request"])
    if answer is not None:
        # What was added for the grant is not to be there.
        for name, _ in getattr(context["request"]._request, "keycask_added", ()):
            context["view"].headers.pop(name, None)
        return django.response(answer)
    # Imported here: when it is, it asks for the classes that the settings name, those above too.
    from rest_framework import views

    handled: HttpResponse | None = views.exception_handler(error, context)
    return handled


def _answer(error: Exception, request: Any) -> Answer | None:
    """What the profile answers, if it was the profile that refused."""
    if isinstance(error, Refused):
        return error.answer
    refused: Answer | None = getattr(request._request, "keycask_refused", None)
    if isinstance(error, exceptions.NotAuthenticated) and not isinstance(request.auth, Grant):
        # Of a request without a token.
        return refused or getattr(request._request, "keycask_none", None)
    # A view or a permission that says why has not refused for want of a scope.
    if isinstance(error, exceptions.PermissionDenied) and (
        error.detail == exceptions.PermissionDenied().detail
    ):
        return refused
    return None
