"""That nothing of the engine is left out, and that numbers and names are the same everywhere."""

from __future__ import annotations

import dataclasses
import inspect
import re

import keycask
from keycask import _errors

from .conftest import ROOT

# What a public function of the engine's `Store` and `Options` is called here, where it is not
# called the same.
ELSEWHERE = {
    "is_forked": "forked",
    "find_audit": "audit",
    "check": "check_file",
    "profile": "realm",
    "import": "import_keys",
    "verify_many": "check_many",
    # Keywords of `create`, `open` and `restore`.
    "options": "open",
    # What a close comes to after a panic.
    "abandon": "close",
    # The text of a grant, and the owner of a change.
    "describe": "verify",
    "owner_id": "verify",
}


def engine_functions() -> set[str]:
    """Names of the public functions of the engine's `Store`, and of what opens one."""
    names = set()
    for file in (ROOT / "src/store").rglob("*.rs"):
        if "tests" in file.parts or file.name == "tests.rs":
            continue
        text = file.read_text()
        for block in re.findall(r"^impl (?:Store|Options) \{\n(.*?)^\}", text, re.M | re.S):
            names |= set(re.findall(r"^    pub (?:const )?fn (\w+)", block, re.M))
    return names


def test_every_function_of_the_engine_is_offered() -> None:
    names = engine_functions()
    assert len(names) > 60 and {"verify", "restore", "end_many", "import_lines"} <= names
    missing = {name for name in names if not hasattr(keycask.Store, ELSEWHERE.get(name, name))}
    assert not missing
    assert set(ELSEWHERE) <= names, "a name that the engine no longer has"


def test_every_option_of_the_engine_is_offered(tmp_path: object) -> None:
    names = set()
    for text in ((ROOT / "src/options.rs").read_text(),):
        names |= set(re.findall(r"^    pub fn (\w+)", text, re.M)) - {"new"}
    # Randomness is the system's: a test that needs other has the engine.
    names = (names - {"random", "import_secret"}) | {"import_secrets"}
    stub = (ROOT / "bindings/python/python/keycask/_keycask.pyi").read_text()
    body = re.search(r"class _Options\(.*?\n(?=\n)", stub, re.S)
    assert body is not None
    assert set(re.findall(r"^    (\w+):", body[0], re.M)) == names


def parameters(name: str) -> set[str]:
    """The keywords of a method of the store."""
    return set(inspect.signature(getattr(keycask.Store, name)).parameters)


# Builders of the engine's: where each is here, and what is called otherwise or elsewhere.
BUILDERS: dict[str, tuple[str, set[str], dict[str, str]]] = {
    "Spec": ("spec/issue.rs", {f.name for f in dataclasses.fields(keycask.Spec)}, {"set": "sets"}),
    "Import": ("spec/import.rs", {f.name for f in dataclasses.fields(keycask.Import)}, {}),
    "Filter": ("query/filter.rs", {f.name for f in dataclasses.fields(keycask.Filter)}, {}),
    "Actor": ("actor.rs", {f.name for f in dataclasses.fields(keycask.Actor)}, {}),
    "Patterns": (
        "pattern/mod.rs",
        {f.name for f in dataclasses.fields(keycask.Patterns)},
        {"scope_denials": "denials"},
    ),
    "Update": ("spec/update.rs", parameters("update"), {}),
    "Rotation": ("spec/rotation.rs", parameters("rotate"), {}),
    "OwnerChange": ("spec/owner.rs", parameters("set_owner"), {}),
    "AuditFilter": (
        "audit/filter.rs",
        parameters("audit"),
        {"event": "events", "from": "start"},
    ),
    # A program that serves charges what it decides: sparing is the command's.
    "Request": (
        "request.rs",
        parameters("verify"),
        {"needs": "scopes", "sparing_credits": "cost"},
    ),
    "ImportRules": ("store/import/mod.rs", parameters("import_keys"), {}),
    "ImportLines": ("spec/line.rs", parameters("import_lines"), {}),
    "Restore": ("store/restore.rs", parameters("restore"), {}),
}


def test_everything_that_can_be_asked_of_the_engine_can_be_asked_here() -> None:
    for name, (file, offered, otherwise) in BUILDERS.items():
        text = (ROOT / "src" / file).read_text()
        blocks = re.findall(rf"^impl {name} \{{\n(.*?)^\}}", text, re.M | re.S)
        names = re.findall(
            r"^    pub (?:const )?fn (\w+)(?:<[^(]*>)?\(\s*mut self", "".join(blocks), re.M
        )
        assert names, name
        missing = {n for n in names if otherwise.get(n, n) not in offered}
        assert not missing, (name, missing)


# Fields of the engine's that are numbers of the store, which names stand for here.
NUMBERS = {
    "KeyInfo": {"kind"},
    "KindCount": {"kind"},
    "OwnerInfo": {"owner"},
    "Leak": {"place", "key"},
}
# Fields that are called otherwise here, because of what they are with others of their kind.
RENAMED = {
    "kind_name": "kind",
    "key": "key_id",
    "period_ms": "period",
    "realm_name": "realm",
}
RECORDS = [
    *("KeyInfo", "KeyQuota", "Issued", "OwnerInfo", "Stats", "Check", "Rate", "Credits", "Page"),
    *("DryRun", "Scope", "NamedSet", "Plan", "Window", "Policy", "RealmChange", "KindChange"),
    *("ScopeChange", "AuditPage", "AuditCheck", "Trimmed", "Feed", "Commit", "Operation", "Leaks"),
    *("Backup", "Restored", "Swept", "Compacted", "PepperStatus", "ImportReport", "Alert", "Leak"),
    *("Decision", "Decided", "Finding", "Findings", "KindCount"),
]


def test_every_field_of_what_the_engine_tells_is_told() -> None:
    sources = "\n".join(file.read_text() for file in (ROOT / "src").rglob("*.rs"))
    for name in RECORDS:
        body = re.search(rf"^pub struct {name} \{{\n(.*?)^\}}", sources, re.M | re.S)
        assert body is not None, name
        fields = set(re.findall(r"^    pub (\w+):", body[1], re.M)) - NUMBERS.get(name, set())
        told = {field.name for field in dataclasses.fields(getattr(keycask, name))}
        missing = {f for f in fields if f not in told and RENAMED.get(f) not in told}
        assert not missing, (name, missing)


def test_codes_are_the_statuses_of_the_c_abi() -> None:
    header = (ROOT / "include/keycask.h").read_text()
    found = re.findall(r"^ +KEYCASK_(DENY|ERR)_(\w+) = (-?\d+),", header, re.M)
    statuses = {name.lower(): int(code) for _, name, code in found}
    # Python grows its own buffers.
    del statuses["space"]
    assert statuses == keycask.CODES
    classes: dict[str, type[keycask.Error] | type[keycask.Denied]] = {}
    classes |= {**_errors._ERRORS, **_errors._DENIALS}
    assert set(classes) == set(keycask.CODES) - {"other"}
    for name, kind in classes.items():
        assert kind.code == keycask.CODES[name]
        assert issubclass(kind, keycask.Denied if kind.code > 0 else keycask.Error)
        assert getattr(keycask, kind.__name__) is kind


def test_every_error_of_the_engine_has_its_class() -> None:
    text = (ROOT / "src/error.rs").read_text()
    kinds = set(re.findall(r'^\s*Self::\w+ => "(\w+)",', text, re.M))
    assert len(kinds) > 15 and kinds <= set(_errors._ERRORS)


def test_everything_public_says_what_it_is() -> None:
    for name in keycask.__all__:
        thing = getattr(keycask, name)
        if not inspect.isclass(thing):
            continue
        assert thing.__doc__, name
        for member, value in vars(thing).items():
            if not member.startswith("_") and thing.__module__ == "keycask":
                assert value.__doc__, f"{name}.{member}"


def test_every_method_says_what_it_raises_unless_it_raises_nothing() -> None:
    silent = {"closed", "forked", "id", "realms", "decision_counts", "decisions", "close"}
    for name in vars(keycask.Store):
        if not name.startswith("_") and name not in silent:
            assert "Raises" in getattr(keycask.Store, name).__doc__, name
