"""Files that scorers read: what is wrong with one is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import ConfigError
from scorers import rubrics


@pytest.mark.parametrize(
    ("data", "key"),
    [(b"rubric: x\nlabels: []\n  - a\n", "yaml.syntax"), (b"rubric: x\ntitle: \xff\nlabels: []\n", "file.not_utf8")],
)
def test_a_broken_rubric_is_named_with_its_line(tmp_path: Path, data: bytes, key: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        rubrics.load(str(path))
    fault = caught.value.faults[0]
    assert (fault.key, fault.file, (fault.line or 0) in (2, 3)) == (key, str(path), True)
