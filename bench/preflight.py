"""What can be told of a run's scorers and rubrics before a model is asked, and paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bench import judging, plugins, schema, scoring
from bench.engine.plan import Plan
from bench.errors import ConfigError, Fault
from bench.types import Model


def check_settings(model: Model) -> None:
    """Raise ConfigError if `scorer_options` name a scorer that there is not, or an option that it does not take."""
    for name, options in model.scorer_options.items():
        plugins.scorer(name, options)


def check_scorers(made: Plan) -> None:
    """Raise before anything is asked if a scorer that the items or the model's options name cannot be made.

    Scorers of this package can be made without options; loading them can wait until replies are awaited.
    """
    check_settings(made.info.model)
    for name in sorted({name for item in made.items for name in item.scorers} - made.info.model.scorer_options.keys()):
        if plugins.is_foreign("scorers", name):
            scoring.config_digest(plugins.scorer(name))


def check_measure(made: Plan, banks: Collection[str]) -> None:
    """Raise ConfigError if the model's options set up a scorer of items of these banks: whoever is judged by a standard
    does not choose how to be measured."""
    used = {name for item in made.items if item.bank in banks for name in item.scorers}
    for name in sorted(used & made.info.model.scorer_options.keys()):
        raise ConfigError("audit.scorer_options", name=name)


def check_rubrics(made: Plan) -> None:
    """Raise ConfigError if an item names a rubric that a judge of the run would not have."""
    judge = plugins.scorer(judging.SCORER, made.info.model.scorer_options.get(judging.SCORER))
    known: Mapping[str, object] = getattr(judge, "config", {}).get("rubrics", {})
    for item in made.items:
        if item.rubric is not None and item.rubric not in known:
            facts = {"name": item.rubric, "item": item.id, **schema.nearest(item.rubric, known)}
            raise ConfigError.of([Fault(key="suite.unknown_rubric", facts=facts)])
