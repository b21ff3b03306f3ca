"""Where a script plays, and what each command does there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import keycask

from . import refer
from .parse import Lines, Step, Words
from .refer import Known, Unfit, instant, span

Row = dict[str, Any]


@dataclass
class Came:
    """What came of a step."""

    rows: list[Row] = field(default_factory=list)
    answer: keycask.Answer | None = None
    reason: str | None = None


class Args:
    """The words of a command, taken one by one. What no verb takes is an error."""

    def __init__(self, words: Words, names: dict[str, Known]) -> None:
        self.bare = [refer.word(text, names) for text in words.bare]
        self.pairs = {name: refer.word(text, names) for name, text in words.pairs.items()}

    def next(self) -> str:
        if not self.bare:
            raise Unfit("want a word more")
        return self.bare.pop(0)

    def take(self, name: str) -> str | None:
        return self.pairs.pop(name, None)

    def required(self, name: str) -> str:
        if name not in self.pairs:
            raise Unfit(f"want {name}=")
        return self.pairs.pop(name)

    def names(self, name: str) -> list[str] | None:
        text = self.take(name)
        return None if text is None else [item for item in text.split(",") if item]

    def span(self, name: str) -> timedelta | None:
        text = self.take(name)
        return None if text is None else span(text)

    def time(self, name: str, now: datetime) -> datetime | None:
        text = self.take(name)
        return None if text is None else instant(text, now)

    def times(self) -> int:
        times = int(self.take("times") or 1)
        if times < 1:
            raise Unfit("times: want 1 or more")
        return times

    def actor(self) -> keycask.Actor:
        return keycask.Actor(self.take("by") or "script", because=self.take("because") or "")

    def close(self) -> None:
        if self.bare or self.pairs:
            raise Unfit(f"{self.bare or self.pairs} has no meaning here")


class Stage:
    """The store of a script and all that it refers to."""

    def __init__(self, root: Path, directory: Path) -> None:
        self.root, self.path = root, directory / "keys.keycask"
        self.clock = keycask.Clock(datetime(1970, 1, 1, tzinfo=timezone.utc))
        self.names: dict[str, Known] = {}
        self.answers: dict[str, Lines] = {}
        self.store_or_none: keycask.Store | None = None
        self.realm = ""

    @property
    def store(self) -> keycask.Store:
        if self.store_or_none is None:
            raise Unfit("no system stands before this")
        return self.store_or_none

    def opened(self, open: Callable[..., keycask.Store]) -> None:
        secrets = {"pepper": b"\x50" * 32, "sealing_key": b"\x53" * 32}
        self.store_or_none = open(self.path, clock=self.clock, **secrets)

    def id(self, args: Args) -> str:
        name = args.next()
        if name not in self.names:
            raise Unfit(f"no key was issued as {name!r}")
        return self.names[name].key.key_id

    def perform(self, step: Step) -> Came:
        """Does what a step says."""
        verb = getattr(self, f"do_{step.verb}", None)
        if verb is None:
            raise Unfit(f"no verb is called {step.verb!r}")
        came: Came = verb(Args(step.words, self.names), step)
        return came

    def do_answer(self, args: Args, step: Step) -> Came:
        name = args.next()
        args.close()
        assert step.answer is not None
        self.answers[name] = step.answer
        return Came()

    def do_clock(self, args: Args, step: Step) -> Came:
        to = instant(args.next(), self.clock.now)
        args.close()
        self.clock.set(to)
        return Came()

    def do_system(self, args: Args, step: Step) -> Came:
        args.required("title")
        args.close()
        self.opened(keycask.Store.create)
        return Came()

    def do_reopen(self, args: Args, step: Step) -> Came:
        args.close()
        self.store.close()
        self.opened(keycask.Store.open)
        return Came()

    def do_profile(self, args: Args, step: Step) -> Came:
        path = args.next()
        args.close()
        toml = (self.root / path).read_text()
        self.realm = self.store.apply_realm(path, toml, by="script").realm
        return Came()

    def do_scope(self, args: Args, step: Step) -> Came:
        name = args.next()
        args.close()
        scopes = [s for s in self.store.realm(self.realm).scopes if s.name == name]
        if not scopes:
            raise Unfit(f"the profile has no scope {name!r}")
        return Came([shown(scopes[0], "title tier implies")])

    def do_owner(self, args: Args, step: Step) -> Came:
        id, suspended = args.next(), args.take("suspended")
        if suspended not in (None, "true", "false"):
            raise Unfit("suspended: want true or false")
        owner = self.store.set_owner(
            self.realm,
            id,
            plan=args.take("plan"),
            direct=args.names("direct"),
            group=args.names("group"),
            suspended=None if suspended is None else suspended == "true",
            by=args.actor(),
        )
        args.close()
        return Came([shown(owner, "plan direct group suspended")])

    def keep(self, name: str, issued: keycask.Issued) -> Came:
        self.names[name] = Known(issued.key, issued.token.expose())
        return Came([key_row(issued.key) | {"length": len(issued.token)}])

    def do_issue(self, args: Args, step: Step) -> Came:
        name, now, sets = args.next(), self.clock.now, args.take("set")
        spec = keycask.Spec(
            self.realm,
            args.required("kind"),
            args.required("owner"),
            scopes=args.names("scopes") or [],
            sets=[] if sets is None else [sets],
            name=args.take("name") or "",
            metadata=args.take("metadata") or "",
            start=args.time("start", now),
            end=args.time("end", now),
            life=args.span("life"),
        )
        times, by = args.times(), args.actor()
        args.close()
        came = Came()
        for _ in range(times):
            came = self.keep(name, self.store.issue(spec, by=by))
        return came

    def do_rotate(self, args: Args, step: Step) -> Came:
        key, name, now = self.id(args), args.required("as"), self.clock.now
        grace, end, life = args.span("grace"), args.time("end", now), args.span("life")
        by = args.actor()
        args.close()
        return self.keep(name, self.store.rotate(key, grace=grace, end=end, life=life, by=by))

    def do_regenerate(self, args: Args, step: Step) -> Came:
        key, name, by = self.id(args), args.required("as"), args.actor()
        args.close()
        return self.keep(name, self.store.rotate(key, regenerate=True, by=by))

    def do_suspend(self, args: Args, step: Step) -> Came:
        key, by = self.id(args), args.actor()
        args.close()
        return Came([key_row(getattr(self.store, step.verb)(key, by=by))])

    do_resume = do_revoke = do_suspend

    def do_update(self, args: Args, step: Step) -> Came:
        key, end = self.id(args), args.time("end", self.clock.now)
        name, metadata, scopes = args.take("name"), args.take("metadata"), args.names("scopes")
        by = args.actor()
        args.close()
        store = self.store
        info = store.update(key, name=name, metadata=metadata, end=end, scopes=scopes, by=by)
        return Came([key_row(info)])

    def do_show(self, args: Args, step: Step) -> Came:
        key = self.id(args)
        args.close()
        return Came([key_row(self.store.key(key))])

    def do_list(self, args: Args, step: Step) -> Came:
        owner, state = args.take("owner"), args.take("state")
        args.close()
        filter = keycask.Filter(self.realm, owner=owner, state=state)  # type: ignore[arg-type]
        came, after, more = Came(), None, True
        while more:
            # More than one page, to see that pages join.
            page = self.store.list(filter, after=after, limit=3)
            came.rows += [key_row(key) for key in page.keys]
            after, more = page.next, page.next is not None
        return came

    def do_reveal(self, args: Args, step: Step) -> Came:
        key, by = self.id(args), args.actor()
        args.close()
        return Came([{"token": self.store.reveal(key, by=by).expose()}])

    def do_explain(self, args: Args, step: Step) -> Came:
        token, needs, kinds = args.next(), args.names("needs"), args.names("kinds")
        args.close()
        found = self.store.explain(token, realm=self.realm, scopes=needs, kinds=kinds)
        row = shown(found, "refused_by required present missing")
        row["key"] = None if found.key is None else found.key.key_id
        verdicts = {True: "passed", False: "refused", None: "unreached"}
        return Came([row | {check.name: verdicts[check.passed] for check in found.checks}])

    def do_request(self, args: Args, step: Step) -> Came:
        asked = self.store.request(
            self.realm, scopes=args.names("needs"), kinds=args.names("kinds")
        )
        id, times, every = args.take("id") or "req_0", args.times(), args.span("every")
        args.close()
        first, *rest = (refer.line(line, self.names) for line in step.head)
        method, target, version = first.decode().split(" ")
        if not method or not target or version != "HTTP/1.1":
            raise Unfit("want a method, a target and HTTP/1.1")
        headers = []
        for line in rest:
            name, colon, value = line.partition(b":")
            if not name or not colon:
                raise Unfit("a header has no name and colon")
            headers.append((name, value))
        came = Came()
        for round in range(times):
            if round > 0:
                self.clock.advance(every or timedelta())
            before, came = came, Came()
            outcome = self.store.present(method, headers, asked, request_id=id)
            came.answer, verdict = outcome.answer, outcome.verdict
            if verdict.grant is not None:
                came.rows.append(grant_row(verdict.grant))
            elif verdict.detail is not None:
                came.reason = f"{verdict.reason} {verdict.detail}"
            else:
                came.reason = verdict.reason
            if round > 0 and before.reason != came.reason:
                raise Unfit(f"request {round} of {times}: {before.reason}, then {came.reason}")
        return came


def shown(of: object, names: str) -> Row:
    """The fields of `of` that scripts have by the same name."""
    return {name: getattr(of, name) for name in names.split()}


def key_row(key: keycask.KeyInfo) -> Row:
    """What is shown of a key."""
    names = (
        "name metadata kind environment owner scopes state cause expired reason issued start end "
        "changed hint prefix last_four generation predecessor successor in_grace last_used "
        "rotation_due key_id"
    )
    return shown(key, names)


def grant_row(grant: keycask.Grant) -> Row:
    """What a grant carries."""
    row = shown(grant, "owner plan kind environment prefix scopes end in_grace")
    rate = grant.rate
    rated = {name: rate and getattr(rate, name) for name in ("limit", "remaining", "reset")}
    return row | rated | {"key": grant.key_id}
