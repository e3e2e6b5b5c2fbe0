"""`--help` is light: none of the heavy packages is imported, and importing the package does nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pandas",
    "scipy",
    "matplotlib",
    "numpy",
    "aiohttp",
    "xllamacpp",
    "pydantic",
)


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `code`."""
    script = f"import sys\n{code}\nprint('MODULES', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import bench",
        "from bench.cli.app import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass",
        "from bench.cli.app import main\ntry:\n    main(['run', '--help'])\nexcept SystemExit:\n    pass",
        "import bench.workflow",
    ],
    ids=["import", "help", "run-help", "workflow"],
)
def test_nothing_heavy_is_imported(code: str) -> None:
    assert modules_after(code) & set(HEAVY) == set()


def test_parsing_options_imports_no_second_library_of_types() -> None:
    code = (
        "from bench.cli.app import main\ntry:\n    main(['status', 'nothing', '--json'])\nexcept SystemExit:\n    pass"
    )
    assert "pydantic" not in modules_after(code)


def test_only_the_command_that_is_called_is_made() -> None:
    from bench.cli import app

    def made(*arguments: str) -> tuple[list[str | None], list[str | None]]:
        found = app.narrow(app.build(), arguments)
        return [one.name for one in found.registered_commands], [one.name for one in found.registered_groups]

    everything = made()
    assert (made("run", "--limit", "1"), made("suites", "run")) == ((["run"], []), ([], ["suites"]))
    assert made("--help") == made("no-such-command") == everything


def test_the_version_of_a_package_is_what_it_states() -> None:
    from importlib.metadata import version

    from bench.engine.plan import version_of

    assert [version_of(name) for name in ("msgspec", "numpy")] == [version("msgspec"), version("numpy")]


def test_the_public_names_are_sorted_complete_and_resolve() -> None:
    import bench
    import bench.report

    assert bench.__all__ == sorted(bench._EXPORTS)
    assert all(callable(getattr(bench, name)) for name in bench.__all__)
    with pytest.raises(AttributeError):
        _ = bench.nothing


@pytest.mark.parametrize(("own", "found"), [({}, "4"), ({"OPENBLAS_THREAD_TIMEOUT": "20"}, "20")])
def test_idle_threads_sleep_at_once_unless_the_user_says_otherwise(own: dict[str, str], found: str) -> None:
    code = (
        "import os\nfrom bench.cli.app import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n"
        "    print(os.environ['OPENBLAS_THREAD_TIMEOUT'])"
    )
    environ = {name: value for name, value in os.environ.items() if name != "OPENBLAS_THREAD_TIMEOUT"} | own
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.splitlines()[-1] == found
