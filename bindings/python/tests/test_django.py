"""Django and its REST framework: permissions, other ways to authenticate, the user of a key."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from keycask import Issued, Store

from .applications import READ, answers, rest_view, through_django


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
