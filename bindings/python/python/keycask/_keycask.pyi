from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from types import TracebackType
from typing import Any, Final, Literal, Protocol, TypeAlias, final, overload

from typing_extensions import Self, TypedDict, Unpack

from ._asked import Actor, Filter, Import, Patterns, Spec
from ._errors import Denied
from ._records import (
    AuditCheck,
    AuditPage,
    Backup,
    Commit,
    Compacted,
    Credits,
    Decided,
    DryRun,
    Explanation,
    Feed,
    Findings,
    ImportOutcome,
    ImportReport,
    Issued,
    KeyInfo,
    Leak,
    Leaks,
    Operation,
    OwnerInfo,
    Page,
    PepperStatus,
    Rate,
    Realm,
    RealmChange,
    Restored,
    Stats,
    Swept,
    Trimmed,
)

CODES: Final[dict[str, int]]
ISSUE_MAX: Final[int]
PAGE_MAX: Final[int]
__version__: Final[str]

_Path: TypeAlias = str | PathLike[str]
_By: TypeAlias = str | Actor
_Address: TypeAlias = str | IPv4Address | IPv6Address
_Text: TypeAlias = str | bytes
_Headers: TypeAlias = Iterable[tuple[_Text, _Text]]
# `Store.list` hides the built-in one.
_Verdicts: TypeAlias = list[Verdict]
_What: TypeAlias = Literal["key", "grace"]

class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...

class _Options(TypedDict, total=False):
    pepper: bytes | None
    previous_pepper: bytes | None
    sealing_key: bytes | None
    import_secrets: dict[str, bytes] | None
    clock: Clock | None
    read_only: bool | None
    cache_bytes: int | None
    log_len: int | None
    min_seq: int | None
    lease_max: int | None
    progress: Progress | None
    decisions: Literal["never", "denials"] | int | None
    patterns: Patterns | None

class _Each(TypedDict, total=False):
    address: _Address | None
    at: datetime | None

class _Asked(_Each, total=False):
    scopes: Iterable[str] | None
    kinds: Iterable[str] | None
    cost: int | None

class _Rules(TypedDict, total=False):
    dry_run: bool
    skip_refused: bool
    make_owners: bool
    ignore_caps: bool

def inherited() -> list[int]: ...
@final
class Clock:
    def __new__(cls, now: datetime) -> Self: ...
    @property
    def now(self) -> datetime: ...
    def set(self, to: datetime) -> None: ...
    def advance(self, span: timedelta) -> None: ...

@final
class Progress:
    def __new__(cls) -> Self: ...
    @property
    def step(self) -> Literal["read", "open", "copy", "check", "sweep", "import"] | None: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...

@final
class Token:
    def expose(self) -> str: ...
    def __len__(self) -> int: ...

@final
class Request: ...

@final
class Grant:
    @property
    def key_id(self) -> str: ...
    @property
    def realm(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def plan(self) -> str | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def prefix(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def end(self) -> datetime: ...
    @property
    def in_grace(self) -> bool: ...
    @property
    def rate(self) -> Rate | None: ...
    @property
    def credits(self) -> Credits | None: ...

@final
class Verdict:
    def __bool__(self) -> bool: ...
    @property
    def code(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def detail(self) -> Literal["prefix", "length", "character", "checksum"] | None: ...
    @property
    def key_id(self) -> str | None: ...
    @property
    def grant(self) -> Grant | None: ...
    @property
    def denial(self) -> Denied | None: ...
    @property
    def required(self) -> tuple[str, ...]: ...
    @property
    def present(self) -> tuple[str, ...]: ...
    @property
    def missing(self) -> tuple[str, ...]: ...
    @property
    def retry_after(self) -> timedelta | None: ...
    @property
    def rate(self) -> Rate | None: ...
    @property
    def credits(self) -> Credits | None: ...

@final
class Answer:
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def body(self) -> bytes: ...

@final
class Outcome:
    @property
    def verdict(self) -> Verdict: ...
    @property
    def answer(self) -> Answer: ...

@final
class AuditEntry:
    @property
    def number(self) -> int: ...
    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def realm(self) -> str | None: ...
    @property
    def key_id(self) -> str | None: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def before(self) -> dict[str, Any]: ...
    @property
    def after(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...
    def to_ocsf(self) -> str: ...

@final
class Store:
    @staticmethod
    def create(path: _Path, **options: Unpack[_Options]) -> Store: ...
    @staticmethod
    def open(path: _Path, **options: Unpack[_Options]) -> Store: ...
    @staticmethod
    def restore(
        backup: _Path,
        path: _Path,
        *,
        anchor: str | None = None,
        denials_of: _Path | None = None,
        by: _By,
        **options: Unpack[_Options],
    ) -> Restored: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def forked(self) -> bool: ...
    @property
    def id(self) -> str: ...

    # decide
    def request(
        self,
        realm: str,
        *,
        scopes: Iterable[str] | None = None,
        kinds: Iterable[str] | None = None,
        cost: int | None = None,
    ) -> Request: ...
    @overload
    def verify(self, token: _Text, request: Request, /, **each: Unpack[_Each]) -> Grant: ...
    @overload
    def verify(self, token: _Text, /, *, realm: str, **asked: Unpack[_Asked]) -> Grant: ...
    @overload
    def check(self, token: _Text, request: Request, /, **each: Unpack[_Each]) -> Verdict: ...
    @overload
    def check(self, token: _Text, /, *, realm: str, **asked: Unpack[_Asked]) -> Verdict: ...
    @overload
    def check_many(
        self, tokens: Iterable[_Text], request: Request, /, **each: Unpack[_Each]
    ) -> _Verdicts: ...
    @overload
    def check_many(
        self, tokens: Iterable[_Text], /, *, realm: str, **asked: Unpack[_Asked]
    ) -> _Verdicts: ...
    @overload
    def present(
        self,
        method: str,
        headers: _Headers,
        request: Request,
        /,
        *,
        request_id: str = "",
        **each: Unpack[_Each],
    ) -> Outcome: ...
    @overload
    def present(
        self,
        method: str,
        headers: _Headers,
        /,
        *,
        request_id: str = "",
        realm: str,
        **asked: Unpack[_Asked],
    ) -> Outcome: ...
    @overload
    def explain(
        self,
        token: _Text,
        request: Request,
        /,
        *,
        method: str | None = None,
        **each: Unpack[_Each],
    ) -> Explanation: ...
    @overload
    def explain(
        self,
        token: _Text,
        /,
        *,
        method: str | None = None,
        realm: str,
        **asked: Unpack[_Asked],
    ) -> Explanation: ...

    # keys
    def issue(self, spec: Spec, *, by: _By) -> Issued: ...
    def issue_many(self, specs: Sequence[Spec], *, by: _By) -> tuple[Issued, ...]: ...
    def rotate(
        self,
        key: str,
        *,
        grace: timedelta | None = None,
        regenerate: bool = False,
        end: datetime | None = None,
        life: timedelta | None = None,
        by: _By,
    ) -> Issued: ...
    def suspend(self, key: str, *, by: _By) -> KeyInfo: ...
    def resume(self, key: str, *, by: _By) -> KeyInfo: ...
    def revoke(self, key: str, *, by: _By) -> KeyInfo: ...
    def revoke_many(self, keys: Sequence[str], *, by: _By) -> tuple[KeyInfo, ...]: ...
    def revoke_presented(self, token: _Text, *, realm: str, reason: str) -> KeyInfo: ...
    def update(
        self,
        key: str,
        *,
        name: str | None = None,
        metadata: str | None = None,
        end: datetime | None = None,
        scopes: Iterable[str] | None = None,
        networks: Iterable[str] | None = None,
        any_network: bool = False,
        idle: timedelta | None = None,
        no_idle: bool = False,
        quota: str | None = None,
        no_quota: bool = False,
        set_credits: int | None = None,
        add_credits: int | None = None,
        take_credits: int | None = None,
        by: _By,
    ) -> KeyInfo: ...
    def reveal(self, key: str, *, by: _By) -> Token: ...
    def key(self, key: str) -> KeyInfo: ...
    def list(self, filter: Filter, *, after: str | None = None, limit: int = 100) -> Page: ...
    def count(self, filter: Filter) -> int: ...
    def end_many(self, filter: Filter, *, what: _What = "key", by: _By) -> int: ...
    def dry_run(self, filter: Filter, *, what: _What = "key") -> DryRun: ...

    # owners and realms
    def set_owner(
        self,
        realm: str,
        id: str,
        *,
        plan: str | None = None,
        suspended: bool | None = None,
        direct: Iterable[str] | None = None,
        group: Iterable[str] | None = None,
        by: _By,
    ) -> OwnerInfo: ...
    def owner(self, realm: str, id: str) -> OwnerInfo: ...
    def owners(
        self, realm: str, *, after: str | None = None, limit: int = 100
    ) -> tuple[OwnerInfo, ...]: ...
    def apply_realm(self, source: str, toml: str, *, by: _By) -> RealmChange: ...
    def compare_realm(self, source: str, toml: str) -> RealmChange: ...
    def realm(self, name: str) -> Realm: ...
    def realms(self) -> tuple[Realm, ...]: ...
    def rules(self, format: Literal["gitleaks", "trufflehog", "github"]) -> str: ...

    # audit and feed
    def audit(
        self,
        *,
        after: int = 0,
        limit: int = 100,
        realm: str | None = None,
        owner: str | None = None,
        key: str | None = None,
        actor: str | None = None,
        operation: str | None = None,
        events: Iterable[str] | None = None,
        start: datetime | None = None,
        until: datetime | None = None,
    ) -> AuditPage: ...
    def check_audit(self) -> AuditCheck: ...
    @overload
    def trim_audit(self, *, before: datetime, by: _By) -> Trimmed: ...
    @overload
    def trim_audit(self, *, through: int, by: _By) -> Trimmed: ...
    @overload
    def trim_audit(self, *, keep: int, by: _By) -> Trimmed: ...
    def feed(self) -> Feed: ...
    def changes(self, since: str, *, limit: int = 100) -> tuple[Commit, ...]: ...
    def decisions(self, *, limit: int = 100) -> Decided: ...
    def audit_decisions(self, *, by: _By) -> int: ...
    def findings(self) -> Findings: ...
    def tell_findings(self, *, by: _By) -> int: ...
    def operation(self, id: str) -> Operation: ...

    # leaks and imports
    def leaked(self, text: bytes | _Reader, found: Callable[[Leak], object]) -> Leaks: ...
    def leaked_alerts(
        self, message: bytes | _Reader, found: Callable[[Leak], object]
    ) -> Leaks: ...
    def import_keys(
        self, keys: Sequence[Import], *, by: _By, **rules: Unpack[_Rules]
    ) -> tuple[ImportOutcome, ...]: ...
    def import_lines(
        self,
        text: bytes | _Reader,
        *,
        realm: str,
        kind: str | None = None,
        scheme: str | None = None,
        by: _By,
        **rules: Unpack[_Rules],
    ) -> ImportReport: ...
    def imports(self, realm: str) -> tuple[tuple[str | None, int], ...]: ...

    # the store
    def stats(self) -> Stats: ...
    def decision_counts(self) -> dict[str, int]: ...
    def check_file(self) -> None: ...
    def backup(self, path: _Path) -> Backup: ...
    def anchor(self) -> str: ...
    def confirm_restore(self, *, by: _By) -> None: ...
    def sweep(self, limit: int = 1000, *, by: _By) -> Swept: ...
    def sweep_all(self, *, by: _By) -> int: ...
    def compact(self) -> Compacted: ...
    def flush(self) -> None: ...
    def rehash(self) -> int: ...
    def reset_clock(self, *, by: _By) -> datetime: ...
    def rotate_pepper(self, new: bytes, *, by: _By) -> PepperStatus: ...
    def retire_pepper(self, *, by: _By) -> int: ...
    def pepper_status(self) -> PepperStatus: ...
    def change_sealing_key(self, old: bytes, *, by: _By) -> int: ...
