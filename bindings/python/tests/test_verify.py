"""Deciding: grants, denials and what is raised."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import keycask
import pytest
from keycask import Clock, Issued, Spec, Store

READ, WRITE = ["orders:read"], ["orders:write"]


def test_a_grant_tells_whose_it_is_and_what_it_may_do(store: Store, issued: Issued) -> None:
    grant = store.verify(issued.token.expose(), realm="shop", scopes=READ)
    assert grant.key_id == issued.key.key_id
    assert (grant.realm, grant.owner, grant.plan) == ("shop", "ann", "free")
    assert (grant.kind, grant.environment, grant.prefix) == ("live", "production", "shop_")
    assert grant.scopes == ("orders:read",)
    assert grant.end == keycask.NEVER and not grant.in_grace
    assert grant.rate is not None and grant.rate.limit == 1000 and grant.rate.remaining == 999
    assert grant.rate.period == timedelta(minutes=1)
    assert grant.credits is None
    with pytest.raises(AttributeError):
        grant.owner = "bob"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["scopes", "kinds"])
@pytest.mark.parametrize("none", [[], (), set(), {}, iter(())])
def test_a_request_is_not_of_no_name(store: Store, issued: Issued, name: str, none: Any) -> None:
    """Of a setting that was left out: any key would have the scopes."""
    token = issued.token.expose()
    named: dict[str, Any] = {"realm": "shop", name: none}
    calls: list[Callable[[], object]] = [
        lambda: store.request(**named),
        lambda: store.verify(token, **named),
        lambda: store.check(token, **named),
        lambda: store.check_many([token], **named),
        lambda: store.check_many([], **named),
        lambda: store.present("GET", [("Authorization", f"Bearer {token}")], **named),
        lambda: store.explain(token, **named),
    ]
    for call in calls:
        with pytest.raises(keycask.ArgumentError, match=f"^{name}: none is named"):
            call()


def test_what_a_key_shall_be_may_be_nothing(store: Store, issued: Issued) -> None:
    key = issued.key.key_id
    assert store.update(key, scopes=[], by="test").scopes == ()
    assert store.issue(Spec("shop", "live", "ann", scopes=[], sets=()), by="test").key.scopes == ()
    assert store.set_owner("shop", "ann", direct=[], group=(), by="test").direct == ()


def test_a_prepared_request_decides_as_its_names_do(store: Store, issued: Issued) -> None:
    token = issued.token.expose()
    for scopes, granted in ((READ, True), (WRITE, False), (None, True)):
        request = store.request("shop", scopes=scopes)
        assert bool(store.check(token, request)) is granted
        assert bool(store.check(token.encode(), realm="shop", scopes=scopes)) is granted
        if granted:
            assert store.verify(token, request).key_id == issued.key.key_id
    assert store.check(token, store.request("shop", kinds=["shown"])).reason == "unknown"
    with pytest.raises(keycask.NotFoundError, match="orders:fly"):
        store.request("shop", scopes=["orders:fly"])
    texts: list[Any] = ["orders:read", "", b"", b"orders:read", bytearray(), memoryview(b"")]
    for text in texts:
        with pytest.raises(TypeError, match="several names"):
            store.request("shop", scopes=text)
        with pytest.raises(TypeError, match="several names"):
            store.check(token, realm="shop", scopes=text)
        with pytest.raises(TypeError):
            store.issue(Spec("shop", "live", "ann", scopes=text), by="test")
    with pytest.raises(TypeError):
        store.verify(token, request, realm="shop")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        store.verify(token)  # type: ignore[call-overload]


def test_a_request_of_another_store_is_refused(store: Store, issued: Issued, tmp_path: Any) -> None:
    request = store.request("shop")
    with Store.create(tmp_path / "other.keycask") as other:
        with pytest.raises(keycask.ArgumentError, match="another store"):
            other.check(issued.token.expose(), request)


@pytest.mark.parametrize(
    ("token", "reason", "detail"),
    [
        ("", "malformed", "prefix"),
        ("shop_x", "malformed", "length"),
        (b"\xff\x00", "malformed", "prefix"),
        ("\ud800", "malformed", "prefix"),
        ("shop_" + "\ud800" * 8, "malformed", None),
        ("x" * 1_000_000, "malformed", "prefix"),
        ("shown_" + "A" * 24, "unknown", None),
    ],
)
def test_a_check_raises_for_no_token(
    store: Store, token: str | bytes, reason: str, detail: str | None
) -> None:
    verdict = store.check(token, realm="shop")
    assert not verdict and verdict.reason == reason and verdict.grant is None
    assert detail is None or verdict.detail == detail
    assert verdict.code == keycask.CODES[reason] > 0
    with pytest.raises(keycask.Denied) as raised:
        store.verify(token, realm="shop")
    assert raised.value.reason == reason and raised.value.code == verdict.code


def test_what_is_no_text_is_a_mistake_of_the_caller(store: Store) -> None:
    for wrong in (None, 7, bytearray(b"shop_"), object()):
        with pytest.raises(TypeError):
            store.check(wrong, realm="shop")  # type: ignore[call-overload]


def test_each_reason_has_its_class(store: Store, issued: Issued, clock: Clock) -> None:
    token, key = issued.token.expose(), issued.key.key_id

    def denied(**asked: Any) -> keycask.Denied:
        verdict = store.check(token, realm="shop", **asked)
        assert not verdict and verdict.denial is not None
        with pytest.raises(type(verdict.denial)) as raised:
            store.verify(token, realm="shop", **asked)
        assert raised.value.verdict.key_id == key
        return raised.value

    assert isinstance(denied(scopes=WRITE), keycask.ScopeDenied)
    verdict = denied(scopes=WRITE).verdict
    assert (verdict.required, verdict.present, verdict.missing) == (
        ("orders:write",),
        ("orders:read",),
        ("orders:write",),
    )
    store.suspend(key, by="test")
    assert isinstance(denied(), keycask.Suspended)
    store.resume(key, by="test")
    store.set_owner("shop", "ann", suspended=True, by="test")
    assert isinstance(denied(), keycask.OwnerSuspended)
    store.set_owner("shop", "ann", suspended=False, by="test")
    store.update(key, networks=["10.0.0.0/8"], by="test")
    assert isinstance(denied(), keycask.NetworkDenied)
    assert isinstance(denied(address="192.0.2.1"), keycask.NetworkDenied)
    assert store.check(token, realm="shop", address="10.1.2.3")
    store.update(key, any_network=True, end=clock.now + timedelta(hours=1), by="test")
    clock.advance(timedelta(hours=1))
    assert isinstance(denied(), keycask.Expired)
    assert str(denied()) == f"{key} is refused: expired"
    store.revoke(key, by="test")
    assert isinstance(denied(), keycask.Revoked)
    assert not isinstance(denied(), keycask.Error)


def test_a_rate_says_when_to_ask_again(store: Store, issued: Issued, clock: Clock) -> None:
    store.set_owner("shop", "ann", plan="tiny", by="test")
    token = issued.token.expose()
    assert store.check(token, realm="shop", cost=0)
    assert store.check(token, realm="shop")
    clock.advance(timedelta(minutes=20))
    with pytest.raises(keycask.RateLimited) as raised:
        store.verify(token, realm="shop")
    assert raised.value.retry_after == timedelta(minutes=40)
    rate = raised.value.verdict.rate
    assert rate is not None and rate.reset == clock.now + timedelta(minutes=40)


def test_many_are_decided_as_each_is(store: Store, issued: Issued) -> None:
    token, request = issued.token.expose(), store.request("shop", scopes=READ)
    texts: list[str | bytes] = [token, "", token.encode(), token[:-1] + "!", "\ud800"]
    verdicts = store.check_many(texts, request)
    assert [bool(verdict) for verdict in verdicts] == [True, False, True, False, False]
    assert [v.reason for v in verdicts] == [store.check(text, request).reason for text in texts]
    assert store.check_many([], request) == []


def test_an_instant_without_a_zone_is_refused(store: Store, issued: Issued) -> None:
    with pytest.raises(TypeError):
        store.check(issued.token.expose(), realm="shop", at=datetime(2026, 1, 5))
    end = datetime(2027, 1, 1, tzinfo=timezone.utc)
    store.update(issued.key.key_id, end=end, by="test")
    for at, reason in ((end - timedelta(milliseconds=1), None), (end, "expired")):
        assert store.check(issued.token.expose(), realm="shop", at=at).reason == reason


def test_instants_are_what_they_were_given_as(store: Store, clock: Clock) -> None:
    end = clock.now + timedelta(days=3, milliseconds=7)
    key = store.issue(Spec("shop", "live", "ann", end=end), by="test").key
    assert key.end == end and key.start == clock.now
    assert store.issue(Spec("shop", "live", "ann"), by="test").key.end == keycask.NEVER
    forever = store.issue(Spec("shop", "live", "ann", end=keycask.NEVER), by="test").key
    assert forever.end is keycask.NEVER


def test_a_request_is_answered_as_the_profile_says(store: Store, issued: Issued) -> None:
    token, request = issued.token.expose(), store.request("shop", scopes=READ)
    as_asgi = [(b"host", b"shop"), (b"authorization", f"Bearer {token}".encode())]
    as_wsgi = [("Authorization", f"Bearer {token}")]
    for headers in (as_asgi, as_wsgi):
        outcome = store.present("GET", headers, request)
        assert outcome.verdict and outcome.answer.status == 200 and outcome.answer.body == b""
        assert bool(outcome) is bool(outcome.verdict)
        assert outcome.verdict.grant is not None and outcome.verdict.grant.owner == "ann"
    for headers, reason in (
        ([], "missing"),
        ([("Authorization", "")], "empty"),
        ([("Authorization", "Basic x")], "wrong_scheme"),
        ([("Authorization", "Bearer \xe9")], "not_ascii"),
        ([("Authorization", "Bearer \u20ac")], "not_ascii"),
        (as_wsgi * 2, "repeated"),
        ([(b"\xff", b"x")], "missing"),
    ):
        outcome = store.present("GET", headers, request)
        assert not outcome.verdict and outcome.verdict.reason == reason
        assert bool(outcome) is bool(outcome.verdict)
        assert outcome.verdict.code == keycask.CODES[reason]
        assert isinstance(outcome.verdict.denial, keycask.Unpresented)
        assert outcome.answer.status in (400, 401)
    # A key that is denied is no grant either, whatever is answered.
    writing = store.request("shop", scopes=WRITE)
    for asked, reason in ((writing, "scope"), (store.request("shop", kinds=["shown"]), "unknown")):
        outcome = store.present("GET", as_wsgi, asked)
        assert not outcome.verdict and outcome.verdict.reason == reason
        assert bool(outcome) is bool(outcome.verdict)


def ticks_beside(work: Callable[[int], object]) -> int:
    """How often another thread comes to its turn while this one does `work` for a while.

    Only a thread that gives the interpreter lock away lets another one run: it is not taken from
    a thread before half a second is over, which is longer than this goes on.
    """
    ticks, stop = [0], threading.Event()

    def tick() -> None:
        while not stop.wait(0.0001):
            ticks[0] += 1

    interval, thread = sys.getswitchinterval(), threading.Thread(target=tick)
    thread.start()
    sys.setswitchinterval(0.5)
    try:
        time.sleep(0.01)
        before, until, round = ticks[0], time.monotonic() + 0.2, 0
        while time.monotonic() < until or round < 10:
            work(round)
            round += 1
        return ticks[0] - before
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()


def test_the_interpreter_is_free_while_the_disk_is_waited_for(store: Store) -> None:
    def change(round: int) -> None:
        store.set_owner("shop", "ann", suspended=round % 2 == 0, by="test")

    assert ticks_beside(change) >= 3


def test_the_interpreter_is_kept_while_a_token_is_decided_about(
    store: Store, issued: Issued
) -> None:
    token, request = issued.token.expose(), store.request("shop", cost=0)
    assert ticks_beside(lambda round: store.check(token, request)) < 3
    assert ticks_beside(lambda round: store.verify(token, request)) < 3
