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
from ._gate import presents_none
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
    """

    def authenticate(self, request: Any) -> tuple[Any, Grant] | None:
        """The user and the grant. Raises `Refused`."""
        outcome = django.present(request._request)
        request._request.keycask_answer = outcome.answer
        grant = outcome.verdict.grant
        if grant is not None:
            # What a view adds to its answer.
            view = (request.parser_context or {}).get("view")
            if view is not None:
                view.headers.update(outcome.answer.headers)
            return django.user_of(grant), grant
        if presents_none(outcome):
            return None
        raise Refused(outcome.answer)

    def authenticate_header(self, request: Any) -> str:  # pyright: ignore
        """The challenge of the profile's answer: with one, REST framework answers with 401."""
        answer = getattr(request._request, "keycask_answer", None)
        fields = {} if answer is None else {n.lower(): v for n, v in answer.headers}
        challenge: str = fields.get("www-authenticate", "Bearer")
        return challenge


def HasScope(*scopes: str) -> type[BasePermission]:  # noqa: N802
    """The permission class that asks for a key with all of `scopes`. It can be joined to others
    with `&` and `|`.
    """

    class Permission(BasePermission):  # type: ignore[misc]
        code = "keycask"

        def has_permission(  # pyright: ignore
            self, request: Any, view: Any
        ) -> bool:
            if not isinstance(request.auth, Grant):
                return False
            # It was charged when it was authenticated.
            outcome = django.present(request._request, scopes, cost=0)
            request._request.keycask_answer = outcome.answer
            return bool(outcome.verdict)

    Permission.__name__ = Permission.__qualname__ = f"HasScope({', '.join(scopes)})"
    return Permission


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answers refused requests with the profile's bytes, and all else as REST framework does."""
    if isinstance(error, Refused):
        return django.response(error.answer)
    request = context["request"]._request
    answer = getattr(request, "keycask_answer", None)
    refused = (exceptions.NotAuthenticated, exceptions.PermissionDenied)
    if answer is not None and isinstance(error, refused):
        # Of a request without a token, or one that a `HasScope` refused.
        if isinstance(error, exceptions.NotAuthenticated):
            unknown = not isinstance(context["request"].auth, Grant)
        else:
            unknown = error.get_codes() == "keycask"
        if unknown:
            return django.response(answer)
    # Imported here: when it is, it asks for the classes that the settings name, those above too.
    from rest_framework import views

    handled: HttpResponse | None = views.exception_handler(error, context)
    return handled
