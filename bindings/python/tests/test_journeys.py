"""Keys, owners and realms: what goes in arrives, and what comes out is right."""

from __future__ import annotations

import io
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import keycask
import pytest
from keycask import Actor, Clock, Filter, Issued, Spec, Store

from .conftest import NOW, PEPPER, PROFILE, ROOT, SEALING


def test_a_spec_arrives_whole(store: Store) -> None:
    spec = Spec(
        "shop",
        "live",
        "ann",
        scopes={"orders:write"},
        name="CI",
        metadata='{"team": 7}',
        start=NOW + timedelta(hours=1),
        life=timedelta(days=30),
        networks=["10.0.0.0/8", "2001:db8::/32"],
        idle=timedelta(days=7),
        quota="1000 per day",
    )
    key = store.issue(spec, by=Actor("ops", because="asked for")).key
    assert key == store.key(key.key_id)
    assert (key.realm, key.kind, key.owner, key.name) == ("shop", "live", "ann", "CI")
    assert key.metadata == '{"team": 7}' and key.scopes == ("orders:write",)
    assert (key.start, key.end) == (NOW + timedelta(hours=1), NOW + timedelta(days=30, hours=1))
    assert key.networks == ("10.0.0.0/8", "2001:db8::/32") and key.idle == timedelta(days=7)
    assert key.quota is not None and key.quota.quota == "1000 per day"
    assert key.quota.remaining == 1000 and key.quota.reset > NOW
    assert (key.state, key.cause, key.generation) == ("active", "none", 1)
    assert key.lineage == key.key_id and key.predecessor is key.successor is None
    with pytest.raises(keycask.ArgumentError, match="not both"):
        store.issue(Spec("shop", "live", "ann", quota="1", no_quota=True), by="test")
    with pytest.raises(keycask.ArgumentError, match="networks: 0; from 1 to 64"):
        store.issue(Spec("shop", "live", "ann", networks=[]), by="test")
    with pytest.raises(keycask.NotFoundError):
        store.key("key_0000000000000")
    with pytest.raises(keycask.ArgumentError):
        store.key("none")


def test_many_are_issued_together_or_not_at_all(store: Store) -> None:
    specs = [Spec("shop", "live", "ann", name=str(n)) for n in range(5)]
    issued = store.issue_many(specs, by="test")
    assert [each.key.name for each in issued] == list("01234")
    with pytest.raises(keycask.NotFoundError, match="spec 1: "):
        store.issue_many([specs[0], Spec("shop", "live", "nobody")], by="test")
    assert store.count(Filter("shop")) == 5
    ended = store.revoke_many([each.key.key_id for each in issued[:2]], by="test")
    assert [key.state for key in ended] == ["revoked"] * 2


def test_a_key_lives_and_ends(store: Store, issued: Issued, clock: Clock) -> None:
    key = issued.key.key_id
    assert store.suspend(key, by="test").state == "suspended"
    assert store.resume(key, by="test").state == "active"
    new = store.rotate(key, grace=timedelta(hours=2), life=timedelta(days=9), by="test")
    assert new.key.predecessor == key and new.key.generation == 2
    assert new.key.end == NOW + timedelta(days=9)
    old = store.key(key)
    assert old.in_grace and old.successor == new.key.key_id and old.end == NOW + timedelta(hours=2)
    again = store.rotate(new.key.key_id, regenerate=True, by="test")
    assert store.key(new.key.key_id).cause == "rotated"
    changed = store.update(
        again.key.key_id,
        name="new",
        metadata="7",
        scopes=["orders:write"],
        networks=["192.0.2.0/24"],
        idle=timedelta(days=1),
        quota="10 per day",
        by="test",
    )
    assert (changed.name, changed.metadata, changed.scopes) == ("new", "7", ("orders:write",))
    assert changed.networks == ("192.0.2.0/24",) and changed.idle == timedelta(days=1)
    credits = [
        store.update(again.key.key_id, by="test", **change).quota  # type: ignore[arg-type]
        for change in ({"set_credits": 5}, {"add_credits": 7}, {"take_credits": 2})
    ]
    assert [quota and quota.remaining for quota in credits] == [5, 12, 10]
    bare = store.update(again.key.key_id, any_network=True, no_idle=True, no_quota=True, by="t")
    assert bare.networks == () and bare.idle is None and bare.quota is None
    excluding: tuple[dict[str, Any], ...] = (
        {"networks": ["192.0.2.0/24"], "any_network": True},
        {"networks": []},
        {"idle": timedelta(days=1), "no_idle": True},
        {"quota": "1", "no_quota": True},
        {"quota": ""},
        {"add_credits": 1, "take_credits": 1},
    )
    for change in excluding:
        with pytest.raises(keycask.ArgumentError, match="networks|idle|quota|credits"):
            store.update(again.key.key_id, by="test", **change)
    ended = store.revoke(again.key.key_id, by=Actor("ops", because="lost"))
    assert (ended.state, ended.cause, ended.reason) == ("revoked", "asked", "lost")
    with pytest.raises(keycask.ConflictError):
        store.resume(again.key.key_id, by="test")


def test_whoever_holds_a_token_may_end_its_key(store: Store, issued: Issued) -> None:
    token = issued.token.expose()
    with pytest.raises(keycask.Unknown):
        store.revoke_presented("shown_" + "A" * 24, realm="shop", reason="?")
    with pytest.raises(keycask.Malformed):
        store.revoke_presented("nothing", realm="shop", reason="?")
    ended = store.revoke_presented(token, realm="shop", reason="was in a log")
    assert ended.key_id == issued.key.key_id and ended.reason == "was in a log"
    assert store.check(token, realm="shop").reason == "revoked"


def test_a_sealed_token_is_shown_again(store: Store, path: Path, clock: Clock) -> None:
    issued = store.issue(Spec("shop", "shown", "ann"), by="test")
    assert store.reveal(issued.key.key_id, by="test").expose() == issued.token.expose()
    store.close()
    new = b"\x54" * 32
    with Store.open(path, pepper=PEPPER, sealing_key=new, clock=clock) as again:
        with pytest.raises(keycask.PepperError):
            again.reveal(issued.key.key_id, by="test")
        assert again.change_sealing_key(SEALING, by="test") == 1
        assert again.reveal(issued.key.key_id, by="test").expose() == issued.token.expose()


def test_keys_are_found_and_many_are_ended(store: Store, clock: Clock) -> None:
    store.set_owner("shop", "bob", plan="free", by="test")
    for owner, count in (("ann", 4), ("bob", 3)):
        store.issue_many([Spec("shop", "live", owner)] * count, by="test")
    page = store.list(Filter("shop", owner="ann"), limit=3)
    assert len(page.keys) == 3 and page.next is not None
    rest = store.list(Filter("shop", owner="ann"), after=page.next, limit=3)
    assert len(rest.keys) == 1 and rest.next is None
    first = page.keys[0]
    for filter, count in (
        (Filter(), 7),
        (Filter("shop", kind="shown"), 0),
        (Filter(lineage=first.lineage), 1),
        (Filter(keys=[first.key_id, first.key_id]), 1),
        (Filter(hint=first.hint), 1),
        (Filter(state="suspended"), 0),
        (Filter(issued_from=NOW), 7),
        (Filter(issued_before=NOW), 0),
        (Filter(expired=False), 7),
        (Filter(expiring_within=timedelta(days=1)), 0),
        (Filter("shop", never_used=True), 7),
        (Filter("shop", idle_for=timedelta(days=1)), 0),
        (Filter(in_grace=True), 0),
        (Filter(rotation_due_at=timedelta(days=1)), 0),
        (Filter(order="end"), 7),
    ):
        assert store.count(filter) == count, filter
    store.rotate(first.key_id, by="test")
    assert store.dry_run(Filter("shop"), what="grace").first == (first.key_id,)
    assert store.end_many(Filter("shop"), what="grace", by="test") == 1
    assert store.dry_run(Filter("shop", owner="ann")).keys == 4
    assert store.end_many(Filter("shop", owner="ann"), by="test") == 4
    assert store.count(Filter(state="active")) == 3
    store.suspend(store.list(Filter(state="active")).keys[0].key_id, by="test")
    live, shown = store.count_by_kind()
    assert live == keycask.KindCount("shop", "live", active=2, suspended=1, revoked=5, expired=0)
    assert shown == keycask.KindCount("shop", "shown", 0, 0, 0, 0)
    with pytest.raises(keycask.ArgumentError, match="filter: none"):
        store.end_many(Filter(), by="test")
    with pytest.raises(keycask.ArgumentError, match="want active"):
        store.count(Filter(state="gone"))  # type: ignore[arg-type]
    with pytest.raises(keycask.ArgumentError):
        store.list(Filter(), limit=0)


def test_owners_are_listed_as_they_are(store: Store) -> None:
    owner = store.set_owner(
        "shop", "zoe", plan="tiny", direct=["orders:read"], group=["orders:write"], by="test"
    )
    assert owner == store.owner("shop", "zoe")
    assert (owner.plan, owner.direct, owner.group) == ("tiny", ("orders:read",), ("orders:write",))
    assert store.set_owner("shop", "zoe", suspended=True, by="test").suspended
    assert [each.id for each in store.owners("shop")] == ["ann", "zoe"]
    assert [each.id for each in store.owners("shop", after="ann", limit=1)] == ["zoe"]
    with pytest.raises(keycask.NotFoundError):
        store.owner("shop", "nobody")


def test_a_realm_is_told_as_its_profile_says(store: Store) -> None:
    realm = store.realm("shop")
    assert store.realms() == (realm,)
    assert [kind.name for kind in realm.kinds] == ["live", "shown"]
    live = realm.kinds[0]
    assert (live.prefix, live.body_len, live.checksum) == ("shop_", 24, "crc32")
    assert realm.scopes[1].implies == ("orders:read",)
    assert [plan.name for plan in realm.plans] == ["free", "tiny"]
    assert realm.plans[0].rates[0] == keycask.Window(1000, timedelta(minutes=1), 1000)
    assert realm.policy.default_grace == timedelta(days=1) and realm.policy.usage
    wider = PROFILE.replace("[policy]", '[[scope]]\nname = "orders:fly"\n\n[policy]')
    change = store.compare_realm("shop.toml", wider)
    assert change.scopes_added == ("orders:fly",) and not change.created and not change.narrows
    with pytest.raises(keycask.ProfileError, match="shop.toml"):
        store.apply_realm("shop.toml", "realm = 7", by="test")
    for format in ("gitleaks", "trufflehog", "github"):
        assert "shop_" in store.rules(format)
    with pytest.raises(keycask.ArgumentError):
        store.rules("grep")  # type: ignore[arg-type]


def test_every_product_can_be_told(store: Store) -> None:
    for profile in (ROOT / "profiles").glob("*.toml"):
        change = store.apply_realm(profile.name, profile.read_text(), by="test")
        assert change.created and store.realm(change.realm).kinds


class Broken:
    """What cannot be read."""

    def read(self, size: int) -> bytes:
        raise OSError("the reader is gone")


def test_tokens_are_found_where_they_should_not_be(store: Store, issued: Issued) -> None:
    text = f"line\n  key = {issued.token.expose()}\n".encode()
    found: list[keycask.Leak] = []
    leaks = store.leaked(io.BytesIO(text), found.append)
    assert leaks.keys == (issued.key.key_id,) and leaks.found == 1 and leaks.bytes == len(text)
    (leak,) = found
    assert (leak.line, leak.column, leak.offset) == (2, 9, 13)
    assert (leak.kind, leak.owner, leak.live, leak.open) == ("live", "ann", True, True)
    alert = [{"token": issued.token.expose(), "type": "shop", "url": "https://x", "source": "c"}]
    store.leaked_alerts(json.dumps(alert).encode(), found.append)
    assert found[1].alert == keycask.Alert(1, "shop", "https://x", "c")
    with pytest.raises(OSError, match="gone"):
        store.leaked(Broken(), found.append)
    with pytest.raises(ZeroDivisionError):
        store.leaked(text, lambda leak: 1 / 0)
    with pytest.raises(keycask.ArgumentError):
        store.leaked_alerts(b"no JSON", found.append)


def test_threads_share_a_store(store: Store, issued: Issued) -> None:
    request, token = store.request("shop"), issued.token.expose()
    wrong: list[object] = []

    def work() -> None:
        for _ in range(200):
            verdict = store.check(token, request)
            if not verdict and verdict.reason not in ("suspended", "rate_limited"):
                wrong.append(verdict)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        store.suspend(issued.key.key_id, by="test")
        assert store.check(token, request).reason in ("suspended", "rate_limited")
        store.resume(issued.key.key_id, by="test")
    for thread in threads:
        thread.join()
    assert not wrong
