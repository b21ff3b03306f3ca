"""What a store tells of what was done and decided: its trail, its changes, its decisions."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import keycask
import pytest
from keycask import Actor, Clock, Issued, Spec, Store

from .conftest import NOW, PROFILE


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


def test_a_grant_that_is_kept_says_what_its_request_needed(path: Path, clock: Clock) -> None:
    with Store.create(path, clock=clock, decisions=1) as store:
        store.apply_realm("shop.toml", PROFILE, by="test")
        store.set_owner("shop", "ann", by="test")
        issued = store.issue(Spec("shop", "live", "ann", scopes=["orders:read"]), by="test")
        assert store.check(issued.token.expose(), realm="shop", scopes=["orders:read"])
        (decision,) = store.decisions().decisions
        assert (decision.outcome, decision.needed) == ("granted", ("orders:read",))
        assert decision.missing == ()


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
