"""No key in anything that is written, printed or raised, however an endpoint echoes it and however it fails."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bench import catalogue, models, workflow
from bench.adapters._secrets import HIDDEN, Redactor, spellings
from bench.adapters.openai import OpenAIAdapter
from bench.engine.limits import Retry
from bench.engine.plan import Settings
from bench.engine.runner import RunOptions
from bench.errors import MingjianError
from bench.types import Case, Message, Model, Sampling
from tests.endpoint import Endpoint, completion

SIGNS = ("", "/", "+", "=", '"', "\\", "%", "&", ".", "_", ":", ";", "~", "<", "'")
KEYS = [
    f"{('sk-', 'tp-', 'ey')[n % 3]}Canary{n:02d}{SIGNS[n % 15]}xQ7vLm{n * 7919:06x}{'Zz9' * (n % 4)}" for n in range(30)
]


def encodings(key: str) -> dict[str, list[str]]:
    """Return each encoding of a key as the texts that would betray it; base64 in its three alignments."""
    data, aligned = key.encode(), []
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + data).decode().rstrip("=")
        aligned.append(coded[(0, 2, 3)[shift] : -1])
    return {
        "raw": [key],
        "base64": [*aligned, *(one.replace("+", "-").replace("/", "_") for one in aligned)],
        "url": [urllib.parse.quote(key, safe=""), "".join(f"%{byte:02x}" for byte in data)],
        "json": [json.dumps(key)[1:-1], "".join(f"\\u{ord(c):04x}" for c in key)],
        "hex": [data.hex(), data.hex().upper()],
        "reversed": [key[::-1]],
    }


def echo(key: str) -> str:
    """Return a text that holds a key in all encodings, as an unkind endpoint might."""
    forms = [text for name, texts in encodings(key).items() if name != "base64" for text in texts]
    coded = [
        base64.b64encode(f"{start}{key}{end}".encode()).decode() for start in ("", "x", "Bearer ") for end in ("", "xy")
    ]
    return " ".join(["Bearer", *forms, *coded, *(base64.urlsafe_b64encode(key.encode()).decode(),)])


def assert_clean(artefact: str | bytes, key: str, where: str) -> None:
    text = artefact.decode("utf-8", "replace") if isinstance(artefact, bytes) else artefact
    text += html.unescape(re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text))
    hits = [name for name, forms in encodings(key).items() if any(form in text for form in forms)]
    assert not hits, f"{where}: {hits}"


def failing(status: int) -> Callable[[str], web.Response]:
    def make(said: str) -> web.Response:
        error = {"message": f"{said} is wrong", "type": said, "code": said}
        return web.json_response({"error": error}, status=status, headers={"x-request-id": said[:2000]})

    return make


def page(status: int) -> Callable[[str], web.Response]:
    return lambda said: web.Response(text=f"<html>{'-' * 270}{said}</html>", status=status)


def good(said: str, **message: Any) -> dict[str, Any]:
    return {**completion(f"your key: {said}", **message), "id": said, "model": said}


KINDS: dict[str, Callable[[str], web.Response]] = {
    **{f"{status}": failing(status) for status in (400, 401, 402, 403, 404, 408, 413, 418, 421, 422, 429, 451)},
    **{f"{status}": failing(status) for status in (500, 502, 503, 504, 529)},
    **{f"page {status}": page(status) for status in (200, 400, 401, 403, 429, 500)},
    "answer": lambda said: web.json_response(good(said), headers={"x-request-id": said}),
    "reasoning": lambda said: web.json_response(good(said, reasoning_content=said)),
    "refusal": lambda said: web.json_response(good("", refusal=said)),
    "finish": lambda said: web.json_response({**completion("2", said)}),
    "error in 200": lambda said: web.json_response({"error": {"message": said}}),
    "base_resp": lambda said: web.json_response({"base_resp": {"status_code": 1027, "status_msg": said}}),
    "bad JSON": lambda said: web.Response(text='{"choices": [{"message": "' + said, content_type="application/json"),
    "bad UTF-8": lambda said: web.Response(
        body=json.dumps(good(said)).encode() + b"\xe4", content_type="application/json"
    ),
    "no choices": lambda said: web.json_response({"choices": [], "id": said}),
    "stream": lambda said: web.Response(text=f'data: {{"choices":[{{"delta":{{"content":{json.dumps(said)}}}}}]}}\n\n'),
    "filter": lambda said: web.json_response({"error": {"message": f"Content Exists Risk {said}"}}, status=400),
    "redirect": lambda said: web.Response(status=302, headers={"Location": "/" + urllib.parse.quote(said)}),
}


def behaviour(body: dict[str, Any], attempt: int) -> web.Response:
    kind, _, number = body["messages"][-1]["content"].partition("/")
    return KINDS[kind](echo(KEYS[int(number)]))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with Endpoint(behaviour) as server:
        yield server.url


@contextlib.contextmanager
def listener(reply: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """Answer each connection with bytes made of its request; None: leave it open and say nothing."""
    server, kept = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            said = reply(connection.recv(65536))
            kept.append(connection)
            if said is not None:
                connection.sendall(said)
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for connection in kept:
        connection.close()


@pytest.fixture(scope="module")
def garbage() -> Iterator[str]:
    """Serve a status line that is none, with the request's own headers in it, and close."""
    with listener(lambda asked: b"HTTP/1.1 nonsense " + asked.replace(b"\r\n", b" ") + b"\r\n\r\n") as url:
        yield url


@pytest.fixture(scope="module")
def cut() -> Iterator[str]:
    """Serve a body that holds the request and ends too early."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"
    with listener(lambda asked: head + asked) as url:
        yield url


@pytest.fixture(scope="module")
def silence() -> Iterator[str]:
    with listener(lambda asked: None) as url:
        yield url


def case(prompt: str) -> Case:
    return Case(key="k", suite="s", item="q", lang="zh", messages=(Message("user", prompt),), parameters=Sampling())


async def artefacts(url: str, key: str, prompts: list[str], timeout: float = 20) -> dict[str, str]:
    """Return what each prompt led to, as it would be kept, shown or traced."""
    found = {}
    made = Model(model="m", adapter="openai", base_url=url, key_env="CANARY_KEY", options={"timeout": timeout})
    async with OpenAIAdapter(made, {"CANARY_KEY": key}) as adapter:
        for prompt in prompts:
            try:
                found[prompt] = msgspec.json.encode(await adapter.generate(case(prompt))).decode()
            except MingjianError as error:
                shown = [catalogue.explain(error, lang) for lang in catalogue.LANGUAGES]
                found[prompt] = "\n".join([*shown, repr(error), repr(vars(error)), *traceback.format_exception(error)])
        found["identity"] = repr(adapter.identity)
    return found


@pytest.mark.parametrize("number", range(len(KEYS)))
def test_no_failure_shows_a_key(number: int, endpoint: str) -> None:
    key = KEYS[number]
    found = asyncio.run(artefacts(endpoint, key, [f"{kind}/{number}" for kind in KINDS]))
    assert len(found) == len(KINDS) + 1
    for where, artefact in found.items():
        assert_clean(artefact, key, where)


BROKEN = ("garbage", "cut", "silence", "no TLS", "nobody", "no such name")
"""Connections that fail before there is a reply."""


@pytest.mark.parametrize("number", range(len(KEYS)))
def test_no_broken_connection_shows_a_key(number: int, endpoint: str, garbage: str, cut: str, silence: str) -> None:
    key, port = KEYS[number], endpoint.split(":")[2]
    urls = (garbage, cut, silence, f"https://127.0.0.1:{port}", "http://127.0.0.1:9/v1", "https://no-such.invalid/v1")
    for name, url in zip(BROKEN, urls, strict=True):
        found = asyncio.run(artefacts(url, key, ["x"], 0.2 if name == "silence" else 20.0))
        assert "http.timeout" in found["x"] or name != "silence"
        for where, artefact in found.items():
            assert_clean(artefact, key, f"{name} {where}")


def test_thirty_keys_meet_forty_kinds_of_failure_in_six_encodings() -> None:
    assert (len(set(KEYS)), len(KINDS) + len(BROKEN) >= 40) == (30, True)
    assert [len(encodings(key)) for key in KEYS] == [6] * 30
    for key in KEYS:
        for name, forms in encodings(key).items():
            with pytest.raises(AssertionError):
                assert_clean(f"…{forms[0]}…", key, name)


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


def write_model(folder: Path, url: str) -> Path:
    path = folder / "model.yaml"
    path.write_text(f"model: m\nadapter: openai\nname: mock\nbase_url: {url}\nkey_env: CANARY_KEY\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("number", range(0, len(KINDS), 3))
def test_a_run_folder_holds_no_key(
    number: int, tmp_path: Path, suite_file: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, key = list(KINDS)[number], KEYS[number % len(KEYS)]
    monkeypatch.setenv("CANARY_KEY", key)
    with Endpoint(lambda body, attempt: KINDS[kind](echo(key))) as server:
        model = models.load(str(write_model(tmp_path, server.url)))
        made = workflow.plan(workflow.load_suites([str(suite_file(1))]), model, Settings())
        folder = workflow.start(made, tmp_path / "results")
        try:
            asyncio.run(workflow.ask(made, folder, RunOptions(retry=Retry(attempts=2, base=0.0))))
        except MingjianError as error:
            print(catalogue.explain(error, "en"))
    workflow.score(folder)
    workflow.write_report(folder)
    output = capsys.readouterr()
    for name, data in [("output", (output.out + output.err).encode()), *everything(tmp_path / "results")]:
        assert_clean(data, key, f"{kind}: {name}")


def command(suite: Path, model: Path, folder: Path, key: str) -> subprocess.Popen[bytes]:
    arguments = ["run", str(suite), "--model", str(model), "--out", str(folder / "results"), "--allow-unscored"]
    environ = {**os.environ, "CANARY_KEY": key, "MINGJIAN_LANG": "en", "NO_COLOR": "1"}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "bench", *arguments], env=environ, cwd=folder, **pipes)


def test_the_command_prints_and_writes_no_key(tmp_path: Path, suite_file: Any) -> None:
    key = KEYS[4]
    with Endpoint(lambda body, attempt: KINDS["answer"](echo(key))) as server:
        process = command(suite_file(2), write_model(tmp_path, server.url), tmp_path, key)
        out, err = process.communicate(timeout=60)
    written = list(everything(tmp_path / "results"))
    assert len(written) >= 5
    for name, data in [("stdout", out), ("stderr", err), *written]:
        assert_clean(data, key, name)


def test_ctrl_c_shows_no_key(tmp_path: Path, suite_file: Any) -> None:
    key = KEYS[5]
    with Endpoint(latency=30.0) as server:
        process = command(suite_file(2), write_model(tmp_path, server.url), tmp_path, key)
        deadline = time.monotonic() + 30
        while not server.asked and time.monotonic() < deadline:
            time.sleep(0.05)
        title = Path(f"/proc/{process.pid}/cmdline").read_bytes() + Path(f"/proc/{process.pid}/comm").read_bytes()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, b"bench" in title) == (130, True)
    for name, data in [("process title", title), ("stdout", out), ("stderr", err), *everything(tmp_path / "results")]:
        assert_clean(data, key, name)


def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated() -> None:
    for key in ("sk-Canary0123456789", "AIzaSyCanary0123456789"):
        made = Model(model="m", adapter="openai", base_url="https://api.example.com/v1", key_env=key)
        with pytest.raises(MingjianError) as caught:
            OpenAIAdapter(made, {})
        assert_clean("".join(traceback.format_exception(caught.value)), key, "error")


@pytest.mark.parametrize("value", ["sk-Canary\r\nX-Evil: 1", "sk-Canary密钥0123", "sk-\x00Canary01234"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated(value: str) -> None:
    made = Model(model="m", adapter="openai", base_url="https://api.example.com/v1", key_env="CANARY_KEY")
    with pytest.raises(MingjianError) as caught:
        OpenAIAdapter(made, {"CANARY_KEY": value})
    assert "Canary" not in "".join(traceback.format_exception(caught.value)).replace("CANARY_KEY", "")


def test_a_placeholder_key_is_not_hidden_in_answers(endpoint: str) -> None:
    with Endpoint(lambda body, attempt: web.json_response(completion("EMPTY means none"))) as server:
        found = asyncio.run(artefacts(server.url, "EMPTY", ["x"]))
    assert "EMPTY means none" in found["x"]


@pytest.mark.parametrize("key", KEYS[:15])
@pytest.mark.parametrize("start", [0, 3, 8])
def test_long_pieces_of_a_key_are_hidden_in_every_encoding(key: str, start: int) -> None:
    """A message that quotes the first characters of a key betrays them."""
    piece = key[start : start + 14]
    hidden = Redactor([key])
    for shown in (spelling for spelling in spellings(piece) if not spelling.startswith(("\\u0", "%"))):
        said = hidden.text(f"invalid key: {shown} (see the manual)")
        assert HIDDEN in said, shown
        assert not [at for at in range(len(piece) - 11) if piece[at : at + 12] in said], said


def test_short_pieces_and_other_texts_stay_as_they_are() -> None:
    hidden = Redactor(["sk-Canary01/xQ7vLm001eef"])
    for text in ("sk-Canary", "the key begins with sk-Canary01 and ends", "一加一等于二" * 50):
        assert hidden.text(text) is text
