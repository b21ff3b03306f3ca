"""What is left of tokens in the memory of a process, once it has wiped the texts that it holds.

Python wipes nothing that it frees, so each text that Python itself has of a token is wiped here by
hand. What is then left is a copy that keycask made. The parts that are looked for are known
under a mask, so that they are not found where they are kept.
"""

from __future__ import annotations

import ctypes
import gc
import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import keycask
import pytest

MASK = bytes(byte ^ 0xA5 for byte in range(256))

#: Of a token, the part that no other has.
PART = slice(8, 24)

CHUNK = 1 << 20

#: Fewer are left by chance: now and then a move takes along what stood where a value has a gap.
#: What leaves a token each time it is called leaves all.
MANY = 5


def blank(room: bytearray) -> None:
    """Overwrites all of a buffer."""
    ctypes.memset((ctypes.c_char * len(room)).from_buffer(room), 0, len(room))


def wipe(text: str | bytes) -> None:
    """Overwrites a text of ASCII characters where it stands: both types end with their bytes."""
    size = sys.getsizeof(text)
    ctypes.memset(id(text) + size - len(text) - 1, 0, len(text))


def masked(text: str) -> bytes:
    begin, end, _ = PART.indices(len(text))
    return bytes(ord(text[at]) ^ 0xA5 for at in range(begin, end))


def ranges() -> Iterator[range]:
    with Path("/proc/self/maps").open() as maps:
        for line in maps:
            place, rights, *_ = line.split()
            if rights.startswith("rw"):
                begin, end = (int(at, 16) for at in place.split("-"))
                yield range(begin, end)


def found(parts: list[bytes], source: Path, places: list[range]) -> set[int]:
    """The numbers of the parts that stand somewhere in these places."""
    seen: set[int] = set()
    room = bytearray(CHUNK)
    with io.FileIO(source) as file:
        for place in places:
            for at in range(place.start, place.stop, CHUNK - 64):
                with memoryview(room)[: min(CHUNK, place.stop - at)] as some:
                    try:
                        file.seek(at)
                        file.readinto(some)
                    except OSError:
                        break
                text = room.translate(MASK)
                seen.update(n for n, part in enumerate(parts) if part in text)
                # What was read is not to be found where it was read to; and where the parts are
                # kept, the mask takes their mask off.
                blank(room)
                blank(text)
    return seen


def in_memory(parts: list[bytes]) -> set[int]:
    return found(parts, Path("/proc/self/mem"), list(ranges()))


def live(store: keycask.Store, kind: str) -> bytes:
    """A key that is issued, presented in every way and revoked: the masked part of its token."""
    issued = store.issue(keycask.Spec("shop", kind, "ann"), by="test")
    text = issued.token.expose()
    part = masked(text)
    shorter, octets = text[:-1], text.encode()
    header = f"Bearer {text}"
    said = [repr(issued), str(issued.token), repr(store.check(text, realm="shop"))]
    said.append(repr(store.check(octets, realm="shop")))
    said.append(repr(store.check_many([text, octets], realm="shop")))
    said.append(repr(store.present("GET", [("Authorization", header)], realm="shop")))
    with pytest.raises(keycask.Denied) as refused:
        store.verify(shorter, realm="shop")
    said.append(repr(refused.value) + str(refused.value))
    said.append(repr(store.revoke_presented(text, realm="shop", reason="leaked")))
    assert not any(part in line.encode().translate(MASK) for line in said)
    for copy in (text, shorter, octets, header):
        wipe(copy)
    return part


def test_no_token_is_left_in_memory_file_backup_or_log(
    store: keycask.Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    parts = [live(store, kind) for kind in ["live", "shown"] * 10]
    # Of the token that a thread decided about last, a copy may be on its stack.
    live(store, "live")
    # An exception that was kept has its frame, and with it what was issued there.
    gc.collect()
    assert len(in_memory(parts)) < MANY
    backup = path.with_name("backup")
    store.backup(backup)
    for file in (path, backup):
        assert found(parts, file, [range(file.stat().st_size)]) == set()
    assert not any(part in caplog.text.encode().translate(MASK) for part in parts)


def test_tokens_that_are_kept_are_seen(store: keycask.Store) -> None:
    spec = keycask.Spec("shop", "live", "ann")
    kept = [store.issue(spec, by="test").token.expose() for _ in range(MANY)]
    assert len(in_memory([masked(text) for text in kept])) == MANY
    assert all(text.startswith("shop_") for text in kept)
