"""What end-to-end tests share: a scripted model that answers everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def model(script_file: Callable[[str], Path]) -> str:
    return f"scripted:{script_file()}"
