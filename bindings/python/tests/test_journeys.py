"""Every journey of a store but deciding: what goes in arrives, and what comes out is right."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import keycask
import pytest
from keycask import Actor, Clock, Filter, Import, Issued, Spec, Store

from .conftest import NOW, PROFILE, ROOT

PEPPER, SEALING = b"\x50" * 32, b"\x53" * 32


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


def test_a_grant_that_is_kept_says_what_its_request_needed(path: Path, clock: Clock) -> None:
    with Store.create(path, clock=clock, decisions=1) as store:
        store.apply_realm("shop.toml", PROFILE, by="test")
        store.set_owner("shop", "ann", by="test")
        issued = store.issue(Spec("shop", "live", "ann", scopes=["orders:read"]), by="test")
        assert store.check(issued.token.expose(), realm="shop", scopes=["orders:read"])
        (decision,) = store.decisions().decisions
        assert (decision.outcome, decision.needed) == ("granted", ("orders:read",))
        assert decision.missing == ()


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


def test_the_trail_tells_who_did_what(store: Store, issued: Issued) -> None:
    store.revoke(issued.key.key_id, by=Actor("ops", because="lost", operation="op-1"))
    page = store.audit(key=issued.key.key_id)
    assert [entry.event for entry in page.entries] == ["key_issued", "key_revoked"]
    last = page.entries[-1]
    assert (last.actor, last.reason, last.operation) == ("ops", "lost", "op-1")
    assert (last.realm, last.owner, last.keys) == ("shop", "ann", (issued.key.key_id,))
    assert last.at == NOW and last.before["state"] == "active" and last.after["state"] == "revoked"
    assert json.loads(last.to_json())["number"] == last.number == page.reached
    assert json.loads(last.to_ocsf())
    assert store.audit(actor="ops", events=["key_revoked"], start=NOW).entries[0].seq == last.seq
    assert store.audit(until=NOW).entries == ()
    assert store.operation("op-1").key_id == issued.key.key_id
    assert store.revoke(issued.key.key_id, by=Actor("ops", because="lost", operation="op-1"))
    with pytest.raises(keycask.NotFoundError):
        store.operation("op-2")
    with pytest.raises(keycask.ArgumentError, match="event"):
        store.audit(events=["key_eaten"])
    for none in (list[str](), iter(list[str]())):
        with pytest.raises(keycask.ArgumentError, match="events: none is named"):
            store.audit(events=none)
    checked = store.check_audit()
    assert checked.last == page.reached and checked.entries == page.reached
    assert store.trim_audit(keep=1, by="test").entries == checked.entries - 1
    with pytest.raises(keycask.ArgumentError, match="want one of"):
        store.trim_audit(by="test")  # type: ignore[call-overload]


def test_what_changes_is_followed(store: Store, issued: Issued) -> None:
    feed = store.feed()
    store.set_owner("shop", "bob", by="test")
    store.suspend(issued.key.key_id, by="test")
    owner, key = store.changes(feed.newest)
    assert (owner.changed[0].what, owner.changed[0].owner) == ("owner", "bob")
    assert (key.changed[0].what, key.changed[0].key_id) == ("key", issued.key.key_id)
    assert key.entries[0].event == "key_suspended"
    assert store.changes(owner.cursor) == (key,) or store.changes(owner.cursor)[0].seq == key.seq
    assert store.changes(feed.newest, limit=1)[0].seq == owner.seq
    kinds = {changed.what for commit in store.changes(feed.oldest) for changed in commit.changed}
    assert kinds == {"realm", "owner", "key"}
    with pytest.raises(keycask.ArgumentError):
        store.changes("nothing")
    other = feed.newest.replace(store.id, "0" * 32)
    with pytest.raises(keycask.GoneError, match="another store"):
        store.changes(other)


def test_a_refusal_is_explained(store: Store, issued: Issued) -> None:
    token = issued.token.expose()
    assert store.explain(token, realm="shop") and store.check(token, realm="shop")
    store.suspend(issued.key.key_id, by="test")
    found = store.explain(token, realm="shop", scopes=["orders:write"])
    assert not found and found.refused_by == "suspended" and found.missing == ("orders:write",)
    assert found.key is not None and found.key.key_id == issued.key.key_id
    verdicts = {check.name: check.passed for check in found.checks}
    assert verdicts["unknown"] is True and verdicts["scope"] is False
    assert store.explain("", store.request("shop"), method="GET").key is None


def test_keys_of_another_system_are_taken_in(store: Store) -> None:
    text, hashed = "old-token-0123456789", "old-token-9876543210"
    digest = hashlib.sha256(hashed.encode()).hexdigest()
    spec = Spec("shop", "live", "ann", scopes=["orders:read"])
    by_digest = Import(spec, digest=digest, scheme="sha256", last_four="3210")
    keys = [Import(spec, token=text), by_digest]
    tried = store.import_keys(keys, dry_run=True, by="test")
    assert [outcome.what for outcome in tried] == ["imported", "imported"]
    done = store.import_keys(keys, by="test")
    assert [outcome.what for outcome in store.import_keys(keys, by="test")] == ["known", "known"]
    for token, outcome in zip((text, hashed), done):
        assert store.verify(token, realm="shop").key_id == outcome.key_id
    assert dict(store.imports("shop"))["sha256"] == 1
    assert store.rehash() == 1
    assert dict(store.imports("shop")) == {None: 2}
    lost = Import(Spec("shop", "live", "nobody"), token="old-token-aaaaaaaaaa")
    (refused,) = store.import_keys([lost], skip_refused=True, by="test")
    assert refused.what == "refused" and refused.why is not None and "nobody" in refused.why
    with pytest.raises(keycask.NotFoundError, match="import 0: "):
        store.import_keys([lost], by="test")
    with pytest.raises(keycask.ArgumentError, match="a token, or a digest"):
        store.import_keys([Import(spec)], by="test")


def test_keys_of_another_system_that_cannot_be_are_skipped_or_named(store: Store) -> None:
    """Also those that are refused before the engine sees them as keys."""
    spec = Spec("shop", "live", "ann")
    wrong = {
        "owner": Import(Spec("shop", "live", "nobody"), token="old-token-nobody"),
        "realm": Import(Spec("nowhere", "live", "ann"), token="old-token-realm"),
        "digest": Import(spec, digest="xyz", scheme="sha256"),
        "scheme": Import(spec, digest="00" * 32, scheme="rot13"),
        "want a token": Import(spec),
        "quota": Import(Spec("shop", "live", "ann", quota="some"), token="old-token-quota"),
        "token": Import(spec, token="x"),
        "state": Import(spec, token="old-token-state", state="lost"),  # type: ignore[arg-type]
        "Spec.life": Import(
            Spec("shop", "live", "ann", life=timedelta(-1)), token="old-token-life"
        ),
        "Spec.name": Import(Spec("shop", "live", "ann", name="\ud800"), token="old-token-name"),
    }
    right = [Import(spec, token=f"old-token-{n:08}") for n in range(len(wrong) + 1)]
    keys = [key for pair in zip(right, wrong.values()) for key in pair] + right[-1:]

    def told(**rules: bool) -> list[str]:
        outcomes = store.import_keys(keys, by="test", **rules)
        assert len(outcomes) == len(keys)
        for name, outcome in zip(wrong, outcomes[1::2]):
            assert outcome.what == "refused" and outcome.key_id is None
            assert outcome.why is not None and name in outcome.why
        return [outcome.what for outcome in outcomes[::2]]

    for place in range(1, len(keys), 2):
        for some in (keys[: place + 1], [*right[: place // 2 + 1], keys[place]]):
            at = next(n for n, key in enumerate(some) if key in wrong.values())
            with pytest.raises(keycask.Error, match=f"^import {at}: "):
                store.import_keys(some, by="test")
    assert told(dry_run=True) == ["imported"] * len(right)
    assert store.stats().keys == 0
    assert told(skip_refused=True) == ["imported"] * len(right)
    assert store.stats().keys == len(right)
    assert told(skip_refused=True) == ["known"] * len(right)
    assert all(store.check(f"old-token-{n:08}", realm="shop") for n in range(len(right)))
    # What is wrong with the program is no refused key.
    for mistake in (None, Import(spec, token=b"old-token-bytes")):  # type: ignore[arg-type]
        with pytest.raises((TypeError, AttributeError)):
            store.import_keys([mistake], skip_refused=True, by="test")  # type: ignore[list-item]
    with pytest.raises(keycask.ArgumentError, match=f"up to {keycask.ISSUE_MAX}"):
        store.import_keys([wrong["digest"]] * (keycask.ISSUE_MAX + 1), by="test", dry_run=True)


def test_specs_that_cannot_be_are_named_by_their_place(store: Store) -> None:
    good = Spec("shop", "live", "ann")
    for bad in (
        Spec("nowhere", "live", "ann"),
        Spec("shop", "none", "ann"),
        Spec("shop", "live", "nobody"),
        Spec("shop", "live", "ann", quota="some"),
        Spec("shop", "live", "ann", quota="5", no_quota=True),
        Spec("shop", "live", "ann", life=timedelta(-1)),
        Spec("shop", "live", "ann", name="\ud800"),
    ):
        with pytest.raises(keycask.Error, match="^spec 2: "):
            store.issue_many([good, good, bad, good], by="test")
        with pytest.raises((keycask.ArgumentError, keycask.NotFoundError)):
            store.issue(bad, by="test")
    assert store.stats().keys == 0


def test_a_number_or_span_that_cannot_be_is_an_argument(
    store: Store, issued: Issued, path: Path
) -> None:
    key, before, cursor = issued.key.key_id, timedelta(-1), store.feed().newest
    other = path.with_name("other")
    calls: list[Callable[[], object]] = [
        lambda: store.rotate(key, grace=before, by="test"),
        lambda: store.rotate(key, life=before, by="test"),
        lambda: store.update(key, idle=before, by="test"),
        lambda: store.update(key, set_credits=-1, by="test"),
        lambda: store.update(key, add_credits=1 << 64, by="test"),
        lambda: store.update(key, take_credits=-1, by="test"),
        lambda: store.list(Filter("shop"), limit=-1),
        lambda: store.owners("shop", limit=1 << 70),
        lambda: store.audit(limit=-1),
        lambda: store.audit(after=-1),
        lambda: store.trim_audit(keep=-1, by="test"),
        lambda: store.trim_audit(through=-1, by="test"),
        lambda: store.changes(cursor, limit=-1),
        lambda: store.decisions(limit=-1),
        lambda: store.sweep(-1, by="test"),
        lambda: store.check("", realm="shop", cost=-1),
        lambda: store.request("shop", cost=1 << 32),
        lambda: store.check("", realm="shop", address="300.0.0.1"),
        lambda: Clock(NOW).advance(before),
        lambda: Store.create(other, cache_bytes=-1),
        lambda: Store.create(other, log_len=-1),
        lambda: Store.create(other, lease_max=-1),
        lambda: Store.create(other, decisions=-1),
        lambda: Store.create(other, patterns=keycask.Patterns(denials=-1)),
        lambda: Store.open(path, min_seq=-1),
    ]
    for call in calls:
        with pytest.raises(keycask.ArgumentError):
            call()
    with pytest.raises(keycask.ArgumentError, match="cache_bytes: "):
        Store.create(other, cache_bytes=-1)
    assert not other.exists() and store.key(key).successor is None
    for limit in (None, "1", 1.5):
        with pytest.raises(TypeError):
            store.list(Filter("shop"), limit=limit)  # type: ignore[arg-type]


def test_a_value_that_a_record_cannot_have_is_an_argument(store: Store) -> None:
    with pytest.raises(keycask.ArgumentError, match="Filter.keys: "):
        store.list(Filter(keys=["key_x"]))
    with pytest.raises(keycask.ArgumentError, match="Filter.idle_for: "):
        store.count(Filter(idle_for=timedelta(-1)))
    with pytest.raises(keycask.ArgumentError, match="Actor.because: "):
        store.retire_pepper(by=Actor("ops", because="\ud800"))
    with pytest.raises(TypeError):
        store.list(Filter(hint=7))  # type: ignore[arg-type]


def test_lines_of_another_system_are_taken_in(store: Store) -> None:
    lines = [{"owner": "ann", "token": f"line-token-000000000{n}"} for n in range(3)]
    text = "\n".join(map(json.dumps, [*lines, {"owner": "ann"}])).encode()
    report = store.import_lines(
        io.BytesIO(text), realm="shop", kind="live", skip_refused=True, by="test"
    )
    assert (report.lines, report.imported, report.refused) == (4, 3, 1)
    assert report.why[0][0] == 4
    assert store.check("line-token-0000000002", realm="shop")
    again = store.import_lines(text, realm="shop", kind="live", skip_refused=True, by="test")
    assert again.known == 3


class Halfway:
    """What can be read to its end, and not beyond."""

    def __init__(self, text: bytes) -> None:
        self._text = io.BytesIO(text)

    def read(self, size: int) -> bytes:
        if read := self._text.read(size):
            return read
        raise OSError("the reader is gone")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_a_reader_that_fails_half_way_is_told_with_what_was_imported(store: Store) -> None:
    lines = "".join(f'{{"owner": "ann", "token": "half-{n:08}"}}\n' for n in range(10_000))
    with pytest.raises(OSError, match="gone") as raised:
        store.import_lines(
            Halfway(lines.encode()), realm="shop", kind="live", ignore_caps=True, by="test"
        )
    notes: list[str] = getattr(raised.value, "__notes__", [])
    (note,) = notes
    assert note.endswith("; 10000 keys of earlier lines were imported")
    assert store.check("half-00009999", realm="shop")


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


def test_a_store_is_backed_up_and_restored(
    store: Store, issued: Issued, tmp_path: Path, clock: Clock
) -> None:
    copy, new = tmp_path / "backup", tmp_path / "new.keycask"
    backup = store.backup(copy)
    assert backup.keys == 1 and backup.bytes == copy.stat().st_size
    store.revoke(issued.key.key_id, by="test")
    anchor = store.anchor()
    assert anchor != backup.anchor
    restored = Store.restore(
        copy, new, anchor=anchor, by="ops", pepper=PEPPER, sealing_key=SEALING, clock=clock
    )
    assert restored.missing == 1 and restored.keys == 1 and restored.backup == backup.anchor
    with Store.open(new, pepper=PEPPER, sealing_key=SEALING, clock=clock) as again:
        assert again.id == restored.store_id != store.id and again.stats().unconfirmed
        with pytest.raises(keycask.UnconfirmedError):
            again.revoke(issued.key.key_id, by="test")
        again.confirm_restore(by="ops")
        again.revoke(issued.key.key_id, by="test")
    with pytest.raises(keycask.ArgumentError):
        Store.restore(copy, tmp_path / "other", anchor="nothing", by="ops", pepper=PEPPER)


def test_a_store_is_tended(store: Store, issued: Issued, clock: Clock) -> None:
    assert store.check(issued.token.expose(), realm="shop")
    store.flush()
    assert store.key(issued.key.key_id).last_used == NOW
    store.revoke(issued.key.key_id, by="test")
    clock.advance(timedelta(days=200))
    swept = store.sweep(by="test")
    assert (swept.keys, swept.more) == (1, False) and store.sweep_all(by="test") == 0
    assert store.check(issued.token.expose(), realm="shop").reason == "unknown"
    compacted = store.compact()
    assert 0 < compacted.after <= compacted.before
    store.check_file()
    assert store.reset_clock(by="test") == clock.now
    stats = store.stats()
    assert (stats.keys, stats.owners, stats.realms) == (0, 1, 1) and stats.peppered
    assert stats.log_commits == stats.seq and stats.audit_entries == stats.audit_last > 3
    counts = store.decision_counts()
    assert counts["granted"] == 1 and counts["unknown"] == 1 and counts["revoked"] == 0


def test_the_pepper_is_rotated(store: Store, path: Path, issued: Issued, clock: Clock) -> None:
    new = b"\x51" * 32
    status = store.rotate_pepper(new, by="ops")
    assert (status.generation, status.previous, status.left) == (2, 1, 1) or status.left == 1
    assert store.check(issued.token.expose(), realm="shop")
    store.close()
    with Store.open(path, pepper=new, previous_pepper=PEPPER, clock=clock) as again:
        assert again.check(issued.token.expose(), realm="shop")
        again.rehash()
        assert again.pepper_status().left == 0
        assert again.retire_pepper(by="ops") == 0
    with Store.open(path, pepper=new, clock=clock) as again:
        assert again.check(issued.token.expose(), realm="shop")


def test_decisions_and_patterns_are_seen(path: Path, clock: Clock) -> None:
    patterns = keycask.Patterns(denials=2, within=timedelta(hours=1))
    with Store.create(path, clock=clock, decisions="denials", patterns=patterns) as store:
        store.apply_realm("shop.toml", PROFILE, by="test")
        store.set_owner("shop", "ann", by="test")
        issued = store.issue(Spec("shop", "live", "ann"), by="test")
        for _ in range(2):
            store.check(
                issued.token.expose(), realm="shop", scopes=["orders:read"], address="192.0.2.7"
            )
        decided = store.decisions()
        assert [decision.outcome for decision in decided.decisions] == ["scope", "scope"]
        assert decided.decisions[0].address == "192.0.2.7" and decided.lost == 0
        assert decided.decisions[0].missing == ("orders:read",)
        assert decided.decisions[0].needed == ()
        store.check(issued.token.expose(), realm="shop", scopes=["orders:write"])
        assert store.audit_decisions(by="test") == 1
        (finding,) = store.findings().findings
        assert (finding.pattern, finding.key_id) == ("scope_denials", issued.key.key_id)
        assert finding.owner == "ann" and finding.count >= 2
        assert store.tell_findings(by="test") == 1


def test_progress_is_looked_at(path: Path, store: Store) -> None:
    store.close()
    progress = keycask.Progress()
    assert progress.step is None
    with Store.open(path, pepper=PEPPER, progress=progress) as again:
        assert progress.step in ("read", "open")
        again.check_file()
        assert progress.step == "check" and progress.done == progress.total > 0


def test_options_that_cannot_be_are_refused(path: Path) -> None:
    wrong: list[dict[str, Any]] = [
        {"decisions": "all"},
        {"pepper": b"x"},
        {"clock": object()},
        {"import_secrets": {"a": "text"}},
    ]
    for options in wrong:
        with pytest.raises((keycask.ArgumentError, TypeError)):
            Store.create(path, **options)
    assert not path.exists()
    Store.create(path, decisions=3, log_len=500, lease_max=10, cache_bytes=1 << 22).close()
    with pytest.raises(keycask.RolledBackError):
        Store.open(path, min_seq=1 << 40)


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
