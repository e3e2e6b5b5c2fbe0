"""Inspect AI's providers where the package is not installed; with it, see `tests/extras`."""

from __future__ import annotations

from typing import Any

import pytest

from bench.adapters.inspect import InspectAdapter
from bench.errors import ConfigError, EnvironmentFault
from bench.types import Model


def adapter(**changes: Any) -> InspectAdapter:
    return InspectAdapter(Model(**{"model": "m", "adapter": "inspect", "name": "mockllm/model", **changes}), {})


def test_without_the_package_the_error_says_what_to_install() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        adapter()
    fault = caught.value.faults[0]
    assert (caught.value.exit_code, fault.key, fault.facts["extra"]) == (5, "local.no_package", "inspect")


@pytest.mark.parametrize("name", [None, "model"])
def test_a_name_without_its_provider_is_refused(name: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        adapter(name=name)
    assert caught.value.faults[0].key == "inspect.needs_name"
