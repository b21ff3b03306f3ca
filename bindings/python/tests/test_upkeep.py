"""The upkeep of a store: backups, sweeps, peppers, and how far a long step is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import keycask
import pytest
from keycask import Clock, Issued, Store

from .conftest import NOW, PEPPER, SEALING


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


def test_progress_is_looked_at(path: Path, store: Store) -> None:
    store.close()
    progress = keycask.Progress()
    assert progress.step is None
    with Store.open(path, pepper=PEPPER, progress=progress) as again:
        assert progress.step in ("read", "open")
        again.check_file()
        assert progress.step == "check" and progress.done == progress.total > 0
