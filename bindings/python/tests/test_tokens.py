"""The token vectors that all languages share, tests/vectors/tokens.json, through a realm each."""

from __future__ import annotations

import json
from collections import Counter

import keycask

from .conftest import ROOT


def test_every_vector_has_the_result_that_it_names(store: keycask.Store) -> None:
    vectors = json.loads((ROOT / "tests/vectors/tokens.json").read_text())
    seen: Counter[str] = Counter()
    for number, vector in enumerate(vectors):
        profile = f"""
            realm = "vector{number}"
            [[kind]]
            name = "it"
            prefix = "{vector["prefix"]}"
            body = {vector["body_len"]}
            checksum = "{vector["checksum"]}"
        """
        store.apply_realm("vector.toml", profile, by="test")
        verdict = store.check(vector["text"], realm=f"vector{number}")
        # A text that is shaped right was looked up, and is nobody's.
        result = verdict.detail if verdict.reason == "malformed" else verdict.reason
        wanted = "unknown" if vector["result"] == "accepted" else vector["result"]
        assert result == wanted, vector["about"]
        as_bytes = store.check(vector["text"].encode(), realm=f"vector{number}")
        assert as_bytes.detail == verdict.detail
        seen[vector["result"]] += 1
    assert sorted(seen) == ["accepted", "character", "checksum", "length", "prefix"]
