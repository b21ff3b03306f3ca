"""What is left of tokens in the memory of a process, once it has wiped the texts that it holds.

Python wipes nothing that it frees, so each text that Python itself has of a token is wiped here by
hand. What is then left is a copy that keycask made. The parts that are looked for are known
under a mask, so that they are not found where they are kept.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keycask
import pytest

from .conftest import PROFILE

MASK = bytes(byte ^ 0xA5 for byte in range(256))

#: Of a token, the part that no other has. Over the 16 bytes before it an allocator writes when it takes
#: the buffer of a token back.
PART = slice(16, 32)

CHUNK = 1 << 18
ZEROS = bytes(CHUNK)

#: Calls between two looks. After them a token is refused that is not looked for: of the last token
#: that a thread decided about, a copy may be on its stack until it decides about another.
CALLS = 3

#: Looks at a kind of call, and at one that left something, to tell chance from a mistake: what
#: leaves something by a mistake does it that many times at least.
LOOKS, MORE, MISTAKEN = 3, 8, 3


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


def found(parts: list[bytes], source: Path, places: list[range]) -> bool:
    """Whether one of the parts stands somewhere in these places."""
    seen = False
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
                # Most memory is.
                if room == ZEROS:
                    continue
                text = room.translate(MASK)
                seen = seen or any(part in text for part in parts)
                # What was read is not to be found where it was read to; and where the parts are
                # kept, the mask takes their mask off.
                blank(room)
                blank(text)
    return seen


class Life:
    """A store whose tokens are known, one that has nothing to do with it, and what is logged."""

    def __init__(self, here: keycask.Store, elsewhere: keycask.Store) -> None:
        self.here, self.elsewhere = here, elsewhere
        self.owner = "ann"
        #: Masked, of the calls since the last look.
        self.parts: list[bytes] = []
        #: What Python itself has of tokens, to be wiped.
        self.texts: list[str | bytes] = []
        #: What an application has kept by a mistake.
        self.kept: list[bytearray] = []

    def say(self, *what: object) -> None:
        """Logs what the application was told, in every form."""
        for one in what:
            # The text alone: who keeps what is logged would keep what it is made of, too.
            logging.getLogger("app").info("%s", f"{one!r} {one}")

    def text(self, text: str) -> str:
        """A text of tokens, which is wiped after the call."""
        self.texts.append(text)
        return text

    def octets(self, text: str) -> bytes:
        octets = text.encode()
        self.texts.append(octets)
        return octets

    def learn(self, token: keycask.Token) -> str:
        # It makes a text each time that it is asked.
        text = self.text(token.expose())
        self.parts.append(masked(text))
        return text

    def issue(self, kind: str = "live", store: keycask.Store | None = None) -> tuple[str, str]:
        """The token and the id of a new key."""
        issued = (store or self.here).issue(keycask.Spec("shop", kind, self.owner), by="test")
        self.say(issued, issued.token)
        return self.learn(issued.token), issued.key.key_id

    def check(self, text: str | bytes) -> None:
        self.say(self.here.check(text, realm="shop"))
        try:
            self.say(self.here.verify(text, realm="shop"))
        except keycask.Denied as refused:
            self.say(refused)

    def fails(self, call: Callable[[], object]) -> None:
        """Makes a call that is refused."""
        try:
            call()
        except keycask.Error as refused:
            self.say(refused)
        else:
            pytest.fail("it is not refused")


def issue_many(life: Life) -> None:
    specs = [keycask.Spec("shop", kind, life.owner) for kind in ("live", "shown")]
    for issued in life.here.issue_many(specs, by="test"):
        life.learn(issued.token)
        life.say(issued)


def verify(life: Life) -> None:
    text, _ = life.issue()
    life.check(text)
    life.check(life.octets(text))


def verify_revoked(life: Life) -> None:
    text, key = life.issue()
    life.say(life.here.revoke(key, by="test"))
    life.check(text)


def check_many(life: Life) -> None:
    own, other = life.issue()[0], life.issue(store=life.elsewhere)[0]
    life.say(life.here.check_many([own, other, own, life.octets(other), own], realm="shop"))


def present(life: Life) -> None:
    value = life.text(f"Bearer {life.issue()[0]}")
    life.say(life.here.present("GET", [("Authorization", value)], realm="shop"))
    life.say(life.here.present("GET", [("Authorization", life.octets(value))], realm="shop"))


def present_refused(life: Life) -> None:
    value = life.text(f"Bearer {life.issue()[0]}")
    life.say(life.here.present("GET", [("Authorization", value)] * 2, realm="shop"))
    life.say(life.here.present("GET", [("Authorization", life.text(value + ","))], realm="shop"))


def reveal(life: Life) -> None:
    token = life.here.reveal(life.issue("shown")[1], by="test")
    life.check(life.text(token.expose()))
    life.say(token)


def rotate(life: Life) -> None:
    issued = life.here.rotate(life.issue("shown")[1], by="test")
    life.check(life.learn(issued.token))
    life.say(issued)


def revoke_presented(life: Life) -> None:
    text, _ = life.issue()
    life.say(life.here.revoke_presented(text, realm="shop", reason="leaked"))


def import_keys(life: Life) -> None:
    text, _ = life.issue(store=life.elsewhere)
    key = keycask.Import(keycask.Spec("shop", "live", life.owner), token=text)
    life.say(life.here.import_keys([key], by="test"))
    life.check(text)
    bad = keycask.Import(keycask.Spec("shop", "absent", life.owner), token=text)
    life.fails(lambda: life.here.import_keys([bad], by="test"))


def import_line(life: Life, **more: object) -> keycask.ImportReport:
    text, _ = life.issue(store=life.elsewhere)
    start = json.dumps({"owner": life.owner, "kind": "live", **more})[:-1]
    line = life.octets(life.text(f'{start}, "token": "{text}"}}\n'))
    return life.here.import_lines(line, realm="shop", skip_refused=True, by="test")


def import_lines(life: Life) -> None:
    report = import_line(life)
    assert report.imported == 1
    life.say(report)


def import_lines_refused(life: Life) -> None:
    report = import_line(life, tokan=1)
    assert report.imported == 0
    life.say(report, report.refused)


def leaked(life: Life) -> None:
    page = life.octets(life.issue()[0])
    life.say(life.here.leaked(page, life.say))


def leaked_alerts(life: Life) -> None:
    message = life.text(f'[{{"token": "{life.issue()[0]}", "type": "shop"}}]')
    life.say(life.here.leaked_alerts(life.octets(message), life.say))


def leaked_raises(life: Life) -> None:
    page = life.octets(life.issue()[0])

    def found(leak: keycask.Leak) -> None:
        raise LookupError(repr(leak))

    with pytest.raises(LookupError) as raised:
        life.here.leaked(page, found)
    life.say(raised.value)


KINDS: dict[str, Callable[[Life], object]] = {
    "issue": lambda life: life.issue(),
    "issue, sealed": lambda life: life.issue("shown"),
    "issue_many": issue_many,
    "verify": verify,
    "verify, cut short": lambda life: life.check(life.text(life.issue()[0][:-1])),
    "verify, unknown": lambda life: life.check(life.issue(store=life.elsewhere)[0]),
    "verify, revoked": verify_revoked,
    "check_many": check_many,
    "explain": lambda life: life.say(life.here.explain(life.issue()[0], realm="shop")),
    "present": present,
    "present, refused": present_refused,
    "reveal": reveal,
    "reveal, refused": lambda life: life.fails(
        lambda: life.here.reveal(life.issue("live")[1], by="test")
    ),
    "rotate": rotate,
    "revoke_presented": revoke_presented,
    "import_keys": import_keys,
    "import_lines": import_lines,
    "import_lines, refused": import_lines_refused,
    "leaked": leaked,
    "leaked_alerts": leaked_alerts,
    "leaked, raises": leaked_raises,
}


def keep(life: Life, call: int) -> None:
    """Leaves a token in memory each other time."""
    if call % 2 == 0:
        life.kept.append(bytearray(life.octets(life.issue()[0])))


def name(life: Life, _: int) -> None:
    """Leaves one in the file, and with its pages in memory."""
    text, key = life.issue()
    life.here.update(key, name=text, by="test")


def log(life: Life, _: int) -> None:
    """Leaves one in the log, and with what was logged in memory."""
    life.say(life.issue()[0])


#: Mistakes of an application: before which kind of call, and how a token is left.
PLANTS: dict[str, Callable[[Life, int], None]] = {"explain": keep, "reveal": name, "rotate": log}


@pytest.fixture
def elsewhere(path: Path) -> Iterator[keycask.Store]:
    with keycask.Store.create(path.with_name("elsewhere")) as store:
        store.apply_realm("shop.toml", PROFILE, by="test")
        yield store


def live(
    life: Life, path: Path, log: Callable[[], str], plants: dict[str, Callable[[Life, int], None]]
) -> list[str]:
    """Makes calls of every kind, and gives where which left tokens by a mistake."""
    results: list[str] = []
    parts: dict[str, list[bytes]] = {}
    life.elsewhere.set_owner("shop", "nobody", by="test")
    spec = keycask.Spec("shop", "live", "nobody")
    decoy = life.elsewhere.issue(spec, by="test").token.expose()
    looks = 0

    def leaves(kind: str) -> bool:
        nonlocal looks
        looks += 1
        life.parts.clear()
        # Plans have caps.
        life.owner = f"owner-{looks}"
        for store in (life.here, life.elsewhere):
            store.set_owner("shop", life.owner, by="test")
        for call in range(CALLS):
            if plant := plants.get(kind):
                plant(life, looks + call)
            KINDS[kind](life)
            # An exception that was kept has its frame, and with it what was issued there.
            gc.collect()
            for text in life.texts:
                wipe(text)
            life.texts.clear()
        life.here.check(decoy, realm="shop")
        parts[kind] = parts.get(kind, []) + life.parts
        return found(life.parts, Path("/proc/self/mem"), list(ranges()))

    for kind in KINDS:
        if any([leaves(kind) for _ in range(LOOKS)]):
            left = [leaves(kind) for _ in range(MORE)]
            results += [f"{kind}: memory"] * (left.count(True) >= MISTAKEN)
    backup = path.with_name("backup")
    life.here.backup(backup)
    said = log().encode().translate(MASK)
    for kind in KINDS:
        for file in (path, backup):
            if found(parts[kind], file, [range(file.stat().st_size)]):
                results.append(f"{kind}: {file.name}")
        if any(part in said for part in parts[kind]):
            results.append(f"{kind}: log")
    print(f"residue: {looks * CALLS} calls")
    return sorted(results)


def test_no_token_is_left_in_memory_file_backup_or_log(
    store: keycask.Store,
    elsewhere: keycask.Store,
    path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    assert live(Life(store, elsewhere), path, lambda: caplog.text, {}) == []
    assert "Issued(" in caplog.text


def test_a_token_that_one_kind_of_call_leaves_is_found_out_and_the_kind_named(
    store: keycask.Store,
    elsewhere: keycask.Store,
    path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    life = Life(store, elsewhere)
    results = live(life, path, lambda: caplog.text, PLANTS)
    # Pages of the file that are in memory have it, too.
    pages = ["reveal: backup", "reveal: keys.keycask", "reveal: memory"]
    want = ["explain: memory", *pages, "rotate: log", "rotate: memory"]
    assert results == want
    for copy in life.kept:
        blank(copy)
