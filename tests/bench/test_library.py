"""Fetching and checking data sets: mirrors by environment, an offline folder, digests that decide; published tables."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import catalogue, leaderboards, library, mirrors
from bench.errors import ConfigError, EnvironmentFault, IntegrityError, MingjianError
from bench.rows import File, Origin

TEXT = b"one\n"
FILE = File(path="set/inner/t.csv", sha256=hashlib.sha256(TEXT).hexdigest())
GITHUB = Origin(github="owner/name", commit="0" * 40)
HUB = Origin(hub="owner/name", modelscope="owner/other", revision="r", below="data")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server of a folder: its address and the folder."""
    root = tmp_path / "mirror"
    root.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    thread.join()
    server.server_close()


def serve(root: Path, path: str, data: bytes) -> None:
    (root / path).parent.mkdir(parents=True)
    (root / path).write_bytes(data)


def test_addresses_follow_the_environment() -> None:
    environ = {"HF_ENDPOINT": "https://hf.example/", "MODELSCOPE_ENDPOINT": "https://ms.example"}
    assert list(mirrors.addresses(FILE.path, HUB, environ)) == [
        "https://hf.example/datasets/owner/name/resolve/r/data/t.csv",
        "https://ms.example/datasets/owner/other/resolve/r/data/t.csv",
    ]
    found = list(mirrors.addresses("set/a b/中.csv", GITHUB, {}))
    assert found == [f"https://raw.githubusercontent.com/owner/name/{'0' * 40}/a%20b/%E4%B8%AD.csv"]


def test_a_file_is_fetched_from_the_first_mirror_that_answers(mirror: tuple[str, Path], tmp_path: Path) -> None:
    address, root = mirror
    serve(root, "datasets/owner/other/resolve/r/data/t.csv", TEXT)
    environ = {"HF_ENDPOINT": address, "MODELSCOPE_ENDPOINT": address}
    found = mirrors.fetch(FILE, HUB, tmp_path / "data", environ)
    assert "/owner/other/" in found
    assert (tmp_path / "data" / FILE.path).read_bytes() == TEXT


def test_a_wrong_digest_is_refused_and_nothing_is_written(mirror: tuple[str, Path], tmp_path: Path) -> None:
    address, root = mirror
    serve(root, f"owner/name/{'0' * 40}/inner/t.csv", b"two\n")
    with pytest.raises(IntegrityError) as caught:
        mirrors.fetch(FILE, GITHUB, tmp_path / "data", {"MINGJIAN_GITHUB_ENDPOINT": address})
    assert (caught.value.exit_code, (tmp_path / "data").exists()) == (4, False)


def test_a_file_that_no_mirror_gives_is_an_environment_fault(mirror: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        mirrors.fetch(FILE, GITHUB, tmp_path, {"MINGJIAN_GITHUB_ENDPOINT": mirror[0]})
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_only_http_is_downloaded(address: str) -> None:
    with pytest.raises(ValueError, match="http"):
        mirrors.download(address)


def test_a_path_that_leaves_the_folder_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        mirrors.keep(TEXT, File(path="../t", sha256=FILE.sha256), tmp_path / "data", "x")


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_an_unknown_name_is_answered_with_the_nearest(lang: str) -> None:
    with pytest.raises(MingjianError) as caught:
        library.names(["xtest"])
    assert "external.xstest" in catalogue.explain(caught.value, lang)


def test_a_name_may_be_short_or_a_prefix() -> None:
    assert library.names(["xstest"]) == ["external.xstest"]
    assert library.names(["external.cold", "cold.dev"]) == ["external.cold.dev", "external.cold.test"]


def test_a_definition_of_ones_own_is_checked_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("prompt\nHow are you?\n", encoding="utf-8")
    digest = hashlib.sha256((tmp_path / "mine.csv").read_bytes()).hexdigest()
    path = tmp_path / "mine.yaml"
    path.write_text(
        "suite: external.mine\ntitle: {zh: 我的, en: Mine}\nversion: 1-A\ndimension: risk\nlanguages: [en]\n"
        "licence: CC0-1.0\nupdated: 2026-11-23\ntaxonomy: cn-31\n"
        "defaults: {scorer: refusal, expect: refuse, codes: [A.1-a], provenance: external}\n"
        f"source:\n  format: csv\n  path: mine.csv\n  sha256: {digest}\n"
        '  columns: {id: {text: "q{_row}"}, prompt.en: prompt}\n',
        encoding="utf-8",
    )
    (name,) = library.names([str(path)])
    found = library.check(name, tmp_path)
    assert (found.state, found.rows, found.items) == ("ok", 1, 1)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert {library.check(name, tmp_path).state for name in library.names()} == {"missing"}


def test_the_published_science_pillar_is_the_mean_of_its_subjects_but_for_the_known_errors() -> None:
    board = leaderboards.load("foresight")
    wrong = set()
    for row in board.rows:
        mean = sum(row.values[f"E1.{subject}-plain"] for subject in range(1, 8)) / 7
        if abs(mean - row.values["E1"]) > 0.06:
            wrong.add(row.model)
    marked = {model for error in board.errors if error.kind == "wrong" for model in error.models}
    assert (len(board.rows), len(board.metrics), wrong) == (18, 34, marked)


def test_flaws_are_those_of_the_model_and_those_of_every_model() -> None:
    kinds = [error.kind for error in leaderboards.load("foresight").flaws("Kimi-K2.5", "E4")]
    assert kinds == ["suspect", "suspect"]


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ConfigError):
        leaderboards.load("nothing")
