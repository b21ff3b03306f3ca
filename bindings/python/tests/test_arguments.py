"""Arguments that cannot be: each is refused by its name or its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import keycask
import pytest
from keycask import Actor, Clock, Filter, Issued, Spec, Store

from .conftest import NOW


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
