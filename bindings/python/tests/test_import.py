"""Keys of another system, which are taken in."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from datetime import timedelta

import keycask
import pytest
from keycask import Import, Spec, Store


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
