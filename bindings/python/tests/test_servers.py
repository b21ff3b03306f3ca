"""Servers of several processes, started for real: what goes wrong has a name, and harms nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keycask
import pytest
from keycask import Issued, Store

from .conftest import ROOT

HERE = ROOT / "bindings/python"
PEPPER = b"\x50" * 32
PATIENCE = 60.0


class Server:
    """A server and its processes, on a port of its own."""

    def __init__(self, command: list[str], port: int, log: Path, **settings: str) -> None:
        self.port, self.log = port, log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=HERE,
                env={**os.environ, **settings},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def get(self, token: str) -> tuple[int, str]:
        """Status and body of an answer."""
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def until(self, done: Callable[[], bool]) -> None:
        """Waits until something holds."""
        begun = time.monotonic()
        while not done():
            assert time.monotonic() - begun < PATIENCE, self.log.read_text()
            time.sleep(0.05)

    def answers(self, token: str) -> bool:
        """Whether anything answers by now."""
        try:
            self.get(token)
        except OSError:
            return False
        return True

    def says(self, text: str) -> bool:
        """Whether the log has a text by now."""
        return text in self.log.read_text()

    def stop(self) -> None:
        """Ends the server, and its workers with it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


@contextmanager
def serving(tmp_path: Path, path: Path, *command: str, **settings: str) -> Iterator[Server]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    words = [word.format(port=port) for word in command]
    log = tmp_path / "server.log"
    server = Server(words, port, log, KEYCASK_TEST_PATH=str(path), **settings)
    try:
        yield server
    finally:
        server.stop()


GUNICORN = ("gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "2", "tests.served:wsgi")
UVICORN = ("uvicorn", "--port", "{port}", "--workers", "2", "tests.served:asgi")


@pytest.fixture
def token(issued: Issued, store: Store) -> str:
    """The token of a key of ann's, in a store that is closed by now."""
    text = issued.token.expose()
    store.close()
    return text


def whole(path: Path, token: str) -> None:
    """That a file was not harmed."""
    with Store.open(path, pepper=PEPPER) as store:
        store.check_file()
        assert store.check(token, realm="shop")


def test_the_second_worker_of_gunicorn_is_told_that_the_file_is_taken(
    tmp_path: Path, path: Path, token: str
) -> None:
    with serving(tmp_path, path, *GUNICORN) as server:
        server.until(lambda: server.says("keycask.LockedError"))
    whole(path, token)


def test_a_store_that_gunicorn_preloads_refuses_every_call_by_name(
    tmp_path: Path, path: Path, token: str
) -> None:
    with serving(tmp_path, path, *GUNICORN, "--preload") as server:
        server.until(lambda: server.answers(token))
        assert {server.get(token) for _ in range(20)} == {(500, "ForkedError")}
    whole(path, token)


def test_workers_of_gunicorn_read_beside_the_process_that_writes(
    tmp_path: Path, path: Path, token: str
) -> None:
    with Store.open(path, pepper=PEPPER) as writer:
        hook = tmp_path / "gunicorn.conf.py"
        hook.write_text("from tests.served import open_in_worker as post_fork\n")
        preloaded = (*GUNICORN, "--preload", "--config", str(hook))
        for command in (GUNICORN, preloaded):
            with serving(tmp_path, path, *command, KEYCASK_TEST_READ_ONLY="1") as server:
                server.until(lambda: server.answers(token))
                seen: set[tuple[int, str]] = set()

                def both() -> bool:
                    seen.add(server.get(token))
                    return len(seen) == 2

                server.until(both)
                assert {(status, body.split()[0]) for status, body in seen} == {(200, "ann")}
                assert server.get("shop_nothing")[0] == 401
        writer.set_owner("shop", "bob", by="test")
    whole(path, token)


def test_one_worker_of_uvicorn_decides_and_the_other_is_told_that_the_file_is_taken(
    tmp_path: Path, path: Path, token: str
) -> None:
    with serving(tmp_path, path, *UVICORN) as server:
        server.until(lambda: server.says("keycask.LockedError"))
        server.until(lambda: server.answers(token))
        status, body = server.get(token)
        assert (status, body.split()[0]) == (200, "ann")
    whole(path, token)


def test_workers_of_uvicorn_read_beside_the_process_that_writes(
    tmp_path: Path, path: Path, token: str
) -> None:
    with Store.open(path, pepper=PEPPER) as writer:
        with serving(tmp_path, path, *UVICORN, KEYCASK_TEST_READ_ONLY="1") as server:
            server.until(lambda: server.answers(token))
            assert server.get(token)[0] == 200
            assert not server.says("Error")
        with pytest.raises(keycask.LockedError):
            Store.open(path, pepper=PEPPER)
        writer.set_owner("shop", "bob", by="test")
    whole(path, token)


def seogeo(path: Path, owner: str, scopes: tuple[str, ...] = ()) -> str:
    """Makes a store of seogeo's with one key, and gives its token."""
    with Store.create(path) as store:
        profile = (ROOT / "profiles/seogeo.toml").read_text()
        store.apply_realm("seogeo.toml", profile, by="test")
        store.set_owner("seogeo", owner, plan="pro", by="test")
        spec = keycask.Spec("seogeo", "live", owner, scopes=scopes)
        return store.issue(spec, by="test").token.expose()


def test_the_example_of_django_answers_as_the_profile_says(tmp_path: Path) -> None:
    path = tmp_path / "seogeo.keycask"
    token = seogeo(path, "user-7", ("projects:read",))
    bind = ("gunicorn", "--bind", "127.0.0.1:{port}", "--pythonpath", "examples")
    app = "plain_django:application"
    with serving(tmp_path, path, *bind, app, SEOGEO_STORE=str(path)) as server:
        server.until(lambda: server.answers(token))

        def curl(*more: str) -> str:
            url = f"http://127.0.0.1:{server.port}/api/public/v1/projects"
            words = ["curl", "-s", "-w", " %{http_code}", url, *more]
            return subprocess.run(words, capture_output=True).stdout.decode()

        granted = curl("-H", f"Authorization: Bearer {token}")
        assert granted == '{"owner": "user-7", "data": []} 200'
        assert curl() == (
            '{"error":{"code":"UNAUTHORIZED","message":"Missing or invalid API key"},'
            '"meta":{"requestId":null}} 401'
        )


def test_the_example_answers_the_page_s_curl_as_the_page_says(tmp_path: Path) -> None:
    path, owner = tmp_path / "seogeo.keycask", "550e8400-e29b-41d4-a716-446655440000"
    token = seogeo(path, owner)
    app = ("uvicorn", "--app-dir", "examples", "--port", "{port}", "seogeo:app")
    with serving(tmp_path, path, *app, SEOGEO_STORE=str(path)) as server:
        server.until(lambda: server.answers(token))

        def curl(path: str, *more: str) -> str:
            url = f"http://127.0.0.1:{server.port}{path}"
            # The page's command, but for the host and the token.
            words = ["curl", "-X", "GET", url, *more]
            run = subprocess.run([*words, "-s", "-w", " %{http_code}"], capture_output=True)
            return run.stdout.decode()

        with_token = ("-H", f"Authorization: Bearer {token}", "-H", "X-Request-Id: req_abc123")
        assert curl("/api/public/v1/me", *with_token) == (
            f'{{"data":{{"userId":"{owner}","email":"user@example.com","plan":"pro",'
            '"apiKeyPrefix":"sg_live_"},"meta":{"requestId":"req_abc123"}} 200'
        )
        sample = ("-H", "Authorization: Bearer sg_live_abc123def456", *with_token[2:])
        assert curl("/api/public/v1/me", *sample) == (
            '{"error":{"code":"UNAUTHORIZED","message":"Missing or invalid API key"},'
            '"meta":{"requestId":"req_abc123"}} 401'
        )
        assert curl("/api/public/v1/projects", *with_token) == (
            '{"error":{"code":"FORBIDDEN","message":"API key lacks required scope"},'
            '"meta":{"requestId":"req_abc123"}} 403'
        )
