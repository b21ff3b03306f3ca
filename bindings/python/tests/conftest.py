"""A store that is as small as can be, its key, frameworks that ask it, and where the project is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import keycask
import pytest

from .applications import WAYS, Get, django_of

ROOT = Path(__file__).parents[3]

PROFILE = """
realm = "shop"

[present]
headers = [{ name = "Authorization", scheme = "Bearer" }]

[[kind]]
name = "live"
prefix = "shop_"
body = 24
checksum = "crc32"
environment = "production"

[[kind]]
name = "shown"
prefix = "shown_"
body = 24
checksum = "none"
reveal = true

[[scope]]
name = "orders:read"

[[scope]]
name = "orders:write"
implies = ["orders:read"]

[[plan]]
name = "free"
active = 100
rates = ["1000 per 1m"]

[[plan]]
name = "tiny"
rates = ["1 per 1h"]

[policy]
default_plan = "free"
default_grace = "1d"
usage = true
"""

NOW = datetime(2026, 1, 5, 9, tzinfo=timezone.utc)

PEPPER, SEALING = b"\x50" * 32, b"\x53" * 32


def panic(store: keycask.Store, issued: keycask.Issued) -> None:
    """Makes a call of `store` panic."""
    text = f"x = {issued.token.expose()}\n".encode()

    def found(leak: keycask.Leak) -> None:
        # It has no module. What it was made of is a panic, and becomes one again.
        panics = [at for at in BaseException.__subclasses__() if at.__name__ == "PanicException"]
        raise panics[0]("planted")

    with pytest.raises(ZeroDivisionError):
        # Its class is made when the first exception is taken.
        store.leaked(text, lambda leak: 1 / 0)
    with pytest.raises(keycask.Error) as raised:
        store.leaked(text, found)
    assert raised.value.kind == "panic"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store is to be."""
    return tmp_path / "keys.keycask"


@pytest.fixture
def clock() -> keycask.Clock:
    """A clock that stands still."""
    return keycask.Clock(NOW)


@pytest.fixture
def store(path: Path, clock: keycask.Clock) -> Iterator[keycask.Store]:
    """A store with the realm `shop` and the owner `ann`."""
    with keycask.Store.create(path, clock=clock, pepper=PEPPER, sealing_key=SEALING) as store:
        store.apply_realm("shop.toml", PROFILE, by="test")
        store.set_owner("shop", "ann", by="test")
        yield store


@pytest.fixture
def issued(store: keycask.Store) -> keycask.Issued:
    """A key of ann's that may read orders."""
    return store.issue(keycask.Spec("shop", "live", "ann", scopes=["orders:read"]), by="test")


@pytest.fixture
def django(store: keycask.Store) -> Iterator[None]:
    """Django, with the settings that the modules' pages show."""
    with django_of(store):
        yield


@pytest.fixture(params=WAYS)
def get(request: Any, store: keycask.Store, django: None) -> Get:
    """Asks one of the frameworks for `/`."""
    return WAYS[request.param](store)
