"""What a decision costs from Python, beside the same in Rust and beside what is usual in Python.

One thread; rounds of all cases take turns, so that what else the machine does meets them alike.
The least and the middle round are printed, in nanoseconds a call without the loop around it.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import keycask
from keycask import Spec, Store, _keycask

KEYS, CALLS, ROUNDS, BATCH = 50_000, 6_400, 60, 64

PROFILE = """
realm = "bench"

[[kind]]
name = "live"
prefix = "kc_live_"
body = 26

[[scope]]
name = "read"
"""


def looped(call: Callable[[], Any]) -> Callable[[], float]:
    """Nanoseconds a call."""

    def round() -> float:
        begun = perf_counter_ns()
        for _ in repeat(None, CALLS):
            call()
        return (perf_counter_ns() - begun) / CALLS

    return round


def store_of(path: Path, keys: int = KEYS) -> tuple[Store, list[str]]:
    """A store of so many keys, and their tokens."""
    store = Store.create(path)
    store.apply_realm("bench.toml", PROFILE, by="bench")
    store.set_owner("bench", "owner", by="bench")
    spec = Spec("bench", "live", "owner", scopes=["read"])
    batches = [store.issue_many([spec] * 5_000, by="bench") for _ in range(keys // 5_000)]
    return store, [each.token.expose() for batch in batches for each in batch]


def stranger(path: Path) -> str:
    """A token that is shaped right and is nobody's here: another store's."""
    store, tokens = store_of(path, 5_000)
    store.close()
    return tokens[0]


def sqlite_check(tokens: list[str]) -> Callable[[], object]:
    """SHA-256 of the token and a look into a table of SQLite's, in memory."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE keys (digest BLOB PRIMARY KEY, owner TEXT, revoked INT) WITHOUT ROWID")
    rows = ((hashlib.sha256(token.encode()).digest(), "owner", 0) for token in tokens)
    db.executemany("INSERT INTO keys VALUES (?, ?, ?)", rows)
    ask, token = "SELECT owner FROM keys WHERE digest = ? AND revoked = 0", tokens[7]

    def check() -> object:
        return db.execute(ask, (hashlib.sha256(token.encode()).digest(),)).fetchone()

    assert check() == ("owner",)
    return check


def drf_check() -> Callable[[], object]:
    """djangorestframework-api-key, with SQLite in memory."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    apps = ["rest_framework", "rest_framework_api_key"]
    settings.configure(DATABASES={"default": engine}, INSTALLED_APPS=apps)
    django.setup()
    call_command("migrate", verbosity=0)
    from rest_framework_api_key.models import APIKey  # type: ignore[import-untyped]

    _, key = APIKey.objects.create_key(name="bench")
    assert APIKey.objects.is_valid(key)
    return lambda: APIKey.objects.is_valid(key)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        store, tokens = store_of(Path(directory) / "keys.keycask")
        token, request = secrets.choice(tokens), store.request("bench", scopes=["read"])
        scopes, unknown = ["read"], stranger(Path(directory) / "other.keycask")
        batch = tokens[:BATCH]
        check, verify, many = store.check, store.verify, store.check_many
        cases: dict[str, Callable[[], float]] = {
            "nothing": looped(lambda: None),
            "verify in Rust": lambda: _keycask.rust_verify(store, token, request, CALLS) / CALLS,
            "verify in Rust, unknown": lambda: (
                _keycask.rust_verify(store, unknown, request, CALLS) / CALLS
            ),
            "check": looped(lambda: check(token, request)),
            "check, unknown": looped(lambda: check(unknown, request)),
            "check, names": looped(lambda: check(token, realm="bench", scopes=scopes)),
            "check_many, a token": lambda: looped(lambda: many(batch, request))() / BATCH,
            "verify": looped(lambda: verify(token, request)),
            "verify and its owner": looped(lambda: verify(token, request).owner),
            "sha256 + sqlite3": looped(sqlite_check(tokens)),
            "djangorestframework-api-key": lambda: drf_round(),
        }
        drf = drf_check()

        def drf_round() -> float:
            begun = perf_counter_ns()
            for _ in range(100):
                drf()
            return (perf_counter_ns() - begun) / 100

        taken: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, case in cases.items():
                taken[name].append(case())
        store.close()
    told(taken)


def told(taken: dict[str, list[float]]) -> None:
    """Prints the table."""
    loop, rust = min(taken.pop("nothing")), min(taken["verify in Rust"])
    unknown = min(taken["verify in Rust, unknown"])
    print(f"{'':28} {'least':>9} {'middle':>9} {'over Rust':>9}   ns a call")
    for name, rounds in taken.items():
        around = 0 if name.startswith("verify in Rust") or name.startswith("django") else loop
        around = loop / BATCH if name.startswith("check_many") else around
        least, middle = min(rounds) - around, statistics.median(rounds) - around
        over = least - (unknown if name.endswith("unknown") else rust)
        print(f"{name:28} {least:9.1f} {middle:9.1f} {over:9.1f}")


if __name__ == "__main__":
    main()
