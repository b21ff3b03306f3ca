"""A store in a fork of the process that opened it."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import keycask
import pytest
from keycask import Issued, Spec, Store

from .conftest import panic


def in_child(work: Callable[[], None]) -> None:
    """Runs `work` in a fork, and fails as it does."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_every_call_in_a_child_is_refused_by_name(store: Store, issued: Issued) -> None:
    token, key = issued.token.expose(), issued.key.key_id
    request, grant = store.request("shop"), store.verify(token, realm="shop")

    def work() -> None:
        assert store.forked
        calls: list[Callable[[], object]] = [
            lambda: store.verify(token, request),
            lambda: store.check(token, request),
            lambda: store.check_many([token], request),
            lambda: store.present("GET", [], request),
            lambda: store.issue(Spec("shop", "live", "ann"), by="child"),
            lambda: store.revoke(key, by="child"),
            lambda: store.key(key),
            lambda: store.list(keycask.Filter()),
            lambda: store.stats(),
            lambda: store.flush(),
            lambda: grant.owner,
        ]
        for call in calls:
            with pytest.raises(keycask.ForkedError) as raised:
                call()
            assert raised.value.code == keycask.CODES["forked"]
        store.close()

    in_child(work)
    assert store.check(token, request)
    store.check_file()


def test_the_parent_keeps_its_lock(store: Store, path: Path) -> None:
    def work() -> None:
        store.close()
        with pytest.raises(keycask.LockedError):
            Store.open(path, pepper=b"\x50" * 32)

    in_child(work)
    store.set_owner("shop", "bob", by="test")
    store.check_file()


def test_a_child_opens_for_itself_once_the_parent_has_closed(store: Store, path: Path) -> None:
    def work() -> None:
        with Store.open(path, pepper=b"\x50" * 32) as own:
            own.set_owner("shop", "child", by="child")

    reader, writer = os.pipe()

    def wait_and_work() -> None:
        os.read(reader, 1)
        work()

    child = os.fork()
    if child == 0:
        try:
            wait_and_work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    store.close()
    os.write(writer, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with Store.open(path, pepper=b"\x50" * 32) as store:
        assert store.owner("shop", "child").id == "child"


def test_a_fork_in_the_middle_of_writing_harms_nobody(store: Store) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            store.set_owner("shop", "busy", by="test")

    def work() -> None:
        with pytest.raises(keycask.ForkedError):
            store.set_owner("shop", "child", by="child")
        # A call of the parent was going on; it is not waited for.
        store.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            in_child(work)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    store.check_file()


def test_a_child_closes_a_store_that_panicked(store: Store, issued: Issued) -> None:
    text = f"x = {issued.token.expose()}\n".encode()
    begun, go_on = threading.Event(), threading.Event()

    def wait(leak: keycask.Leak) -> None:
        begun.set()
        go_on.wait()

    def work() -> None:
        # A call of the parent is going on, which never ends here.
        signal.alarm(20)
        store.close()
        assert store.forked and not store.closed
        with store:
            pass

    thread = threading.Thread(target=store.leaked, args=(text, wait))
    thread.start()
    begun.wait()
    try:
        panic(store, issued)
        in_child(work)
    finally:
        go_on.set()
        thread.join()
    assert not store.forked
    store.close()
    assert store.closed


def test_a_child_may_let_go_of_the_store(path: Path) -> None:
    stores = [Store.create(path)]

    def work() -> None:
        signal.alarm(20)
        stores.clear()
        gc.collect()

    for _ in range(3):
        in_child(work)
    stores[0].check_file()
    stores[0].close()


def test_numbers_that_a_child_uses_anew_are_its_own(store: Store, path: Path) -> None:
    file, numbers = os.stat(path), list[int]()
    for number in range(3, 256):
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(number), file):
                numbers.append(number)
    assert numbers

    def write() -> None:
        for number in numbers:
            os.write(number, b"x")

    def work() -> None:
        os.closerange(min(numbers), max(numbers) + 1)
        pair = [fcntl.fcntl(end, fcntl.F_DUPFD, 256) for end in os.pipe()]
        for number in numbers:
            os.dup2(pair[1], number)
        in_child(write)
        write()
        assert len(os.read(pair[0], 256)) == 2 * len(numbers)

    in_child(work)
    store.check_file()


@pytest.mark.parametrize("can_open", [False, True])
def test_a_child_at_the_limit_of_descriptors_keeps_no_lock(path: Path, can_open: bool) -> None:
    """Its parent ends without a word, and is started anew while it lives."""
    reader, writer = os.pipe()
    forked = os.pipe()

    def work() -> None:
        free = [os.open(os.devnull, os.O_RDONLY) for _ in range(2)]
        store = Store.create(path)
        for descriptor in free[:1] if can_open else []:
            os.close(descriptor)
        # Either no more can be opened, or one of a number below that of the store's file.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(free), most))
        with pytest.raises(OSError) if not can_open else contextlib.nullcontext():
            os.close(os.open(os.devnull, os.O_RDONLY))
        if os.fork() == 0:
            signal.alarm(60)
            # What a child does at a fork is done here.
            os.write(forked[1], b"x")
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
        assert not store.closed
        assert os.read(forked[0], 1) == b"x"
        # Nothing is unlocked.
        os._exit(0)

    in_child(work)
    try:
        Store.open(path).close()
    finally:
        for descriptor in (reader, writer, *forked):
            os.close(descriptor)


def test_multiprocessing_by_spawn_cannot_take_a_store_along(store: Store) -> None:
    process = multiprocessing.get_context("spawn").Process(target=print, args=(store,))
    with pytest.raises(keycask.PicklingError):
        process.start()
