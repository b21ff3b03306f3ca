"""The token vectors that all languages share, tests/vectors/tokens.json, through a realm each."""

from __future__ import annotations

import json
from collections import Counter

import keycask
import pytest
from keycask import Issued, Store

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


@pytest.mark.parametrize("half", ["\ud800", "\udfff", "\udc80", "\ud83d\ude00"])
@pytest.mark.parametrize("replaced", [0, 1])
def test_a_token_with_half_of_a_surrogate_pair_is_nobody_s(
    store: Store, issued: Issued, half: str, replaced: int
) -> None:
    token = issued.token.expose()
    request = store.request("shop")
    for at in (0, 1, 5, 12, len(token) - 1, len(token)):
        text = token[:at] + half + token[at + replaced :]
        verdicts = [store.check(text, request), *store.check_many([text, token, text], request)]
        assert verdicts.pop(2)
        for scheme in ("Bearer ", "Bearer " + half, half + "Bearer "):
            for name in ("Authorization", "Authorization" + half):
                outcome = store.present("GET", [(name, scheme + text)], request)
                assert not outcome and outcome.answer.status in (400, 401)
                if name == "Authorization" and scheme == "Bearer ":
                    assert outcome.verdict.reason == "not_ascii"
        with pytest.raises(keycask.Denied) as raised:
            store.verify(text, request)
        assert raised.value.reason in ("malformed", "unknown")
        for verdict in verdicts:
            assert not verdict and verdict.grant is None
            assert verdict.reason in ("malformed", "unknown")

        # A text that is searched is bytes. A token that stands in it as a whole is found.
        found: list[keycask.Leak] = []
        leaks = store.leaked(text.encode("utf-8", "surrogatepass"), found.append)
        assert leaks.found == len(found) == (token in text)
