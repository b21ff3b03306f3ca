"""Opening, closing, pickling."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from pathlib import Path

import keycask
import pytest
from keycask import Issued, Spec, Store

from .conftest import NOW, PROFILE, panic


def test_a_store_is_closed_by_with_and_opened_again(path: Path) -> None:
    with Store.create(path) as store:
        store.apply_realm("shop.toml", PROFILE, by="test")
        store.set_owner("shop", "ann", by="test")
        token = store.issue(Spec("shop", "live", "ann"), by="test").token.expose()
        assert not store.closed and not store.forked
    assert store.closed
    store.close()
    with pytest.raises(keycask.ClosedError) as raised:
        store.check(token, realm="shop")
    assert raised.value.code == keycask.CODES["closed"]
    with pytest.raises(keycask.ClosedError):
        store.stats()
    with Store.open(path) as store:
        assert store.check(token, realm="shop")


def test_a_store_that_is_let_go_closes_itself(path: Path) -> None:
    store = Store.create(path)
    del store
    gc.collect()
    Store.open(path).close()


def test_text_of_a_grant_needs_its_store_once(path: Path, store: Store, issued: Issued) -> None:
    first = store.verify(issued.token.expose(), realm="shop")
    second = store.verify(issued.token.expose(), realm="shop")
    assert first.owner == "ann"
    store.close()
    assert first.owner == "ann" and second.key_id == issued.key.key_id
    with pytest.raises(keycask.ClosedError):
        second.owner


def test_a_second_writer_is_told_so(path: Path, store: Store) -> None:
    with pytest.raises(keycask.LockedError) as raised:
        Store.open(path, pepper=b"\x50" * 32)
    assert raised.value.code == -6 and raised.value.kind == "locked"
    with Store.open(path, pepper=b"\x50" * 32, read_only=True) as reader:
        assert reader.stats().keys == 0
        with pytest.raises(keycask.ReadOnlyError):
            reader.set_owner("shop", "bob", by="test")


def test_what_cannot_be_opened_says_why(path: Path, store: Store) -> None:
    store.close()
    with pytest.raises(keycask.PepperError):
        Store.open(path)
    with pytest.raises(keycask.NotFoundError):
        Store.open(path.with_name("none"))
    with pytest.raises(LookupError):
        Store.open(path.with_name("none"))
    with pytest.raises(keycask.ConflictError):
        Store.create(path)
    with pytest.raises(keycask.ArgumentError, match="32 bytes"):
        Store.open(path, pepper=b"short")
    with pytest.raises(TypeError, match="peper"):
        Store.open(path, peper=b"\x50" * 32)  # type: ignore[call-arg]
    path.with_name("text").write_text("no store")
    with pytest.raises(keycask.Error):
        Store.open(path.with_name("text"))


def test_nothing_of_a_store_is_pickled_or_copied(store: Store, issued: Issued) -> None:
    token = issued.token.expose()
    verdict = store.check("", realm="shop")
    bound: list[object] = [store, issued.token, store.request("shop")]
    outcome, entry = store.present("GET", [], realm="shop"), store.audit().entries[0]
    bound += [outcome, outcome.answer, keycask.Progress(), keycask.Clock(NOW), entry]
    bound += [store.verify(token, realm="shop"), store.check(token, realm="shop")]
    for thing in [*bound, verdict, verdict.denial]:
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(keycask.PicklingError):
                attempt(thing)
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(store)
    # What is only told is.
    assert pickle.loads(pickle.dumps(issued.key)) == issued.key


def test_a_token_is_shown_when_asked_and_only_then(issued: Issued) -> None:
    token = issued.token.expose()
    assert len(issued.token) == len(token) and issued.key.hint == f"shop_...{token[-4:]}"
    assert token not in f"{issued!r} {issued.token} {issued.key}"


def test_a_token_that_is_taken_in_is_not_shown_by_what_is_printed(store: Store) -> None:
    text, digest = "old-token-0123456789", "e" * 64
    spec = Spec("shop", "live", "ann")
    by_token = keycask.Import(spec, token=text)
    by_digest = keycask.Import(spec, digest=digest, scheme="sha256", last_four="6789")
    shown = f"{by_token!r} {by_token} {by_digest!r} {[by_token, by_digest]}"
    assert text not in shown and digest not in shown
    assert "owner='ann'" in shown and "last_four='6789'" in shown
    assert by_token != keycask.Import(spec, token="old-token-9876543210")
    for wrong in (text + "\ud800", text + " ", text + "\x00", "x" * 600):
        with pytest.raises(keycask.ArgumentError, match="import 0: .*token") as raised:
            store.import_keys([keycask.Import(spec, token=wrong)], by="test")
        error: BaseException | None = raised.value
        while error is not None:
            assert wrong[:10] not in repr(error)
            error = error.__cause__ or error.__context__


def test_closing_waits_for_calls_and_later_ones_are_refused(path: Path) -> None:
    store = Store.create(path)
    store.apply_realm("shop.toml", PROFILE, by="test")
    store.set_owner("shop", "ann", by="test")
    outcomes: list[str] = []

    def issue() -> None:
        try:
            while True:
                store.issue(Spec("shop", "live", "ann"), by="test")
                outcomes.append("issued")
        except keycask.ClosedError:
            outcomes.append("closed")
        except keycask.CapError:
            outcomes.append("capped")

    threads = [threading.Thread(target=issue) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not outcomes:
        pass
    store.close()
    issued = outcomes.count("issued")
    for thread in threads:
        thread.join()
    assert outcomes.count("closed") + outcomes.count("capped") == 4
    with Store.open(path) as store:
        assert store.count(keycask.Filter("shop")) == outcomes.count("issued") >= issued


def test_a_call_that_calls_back_cannot_close_its_store(store: Store, issued: Issued) -> None:
    text = f"x = {issued.token.expose()}\n".encode()
    with pytest.raises(keycask.ArgumentError, match="going on"):
        store.leaked(text, lambda leak: store.close())
    assert not store.closed


def test_a_panic_in_a_call_back_leaves_the_store_to_be_closed(store: Store, issued: Issued) -> None:
    panic(store, issued)
    store.close()
    assert store.closed
