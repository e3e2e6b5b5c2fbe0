"""The application form: fields that a filing asks for (YAML), written as a template and read strictly."""

from __future__ import annotations

from pathlib import Path

from bench import catalogue, schema, yaml
from bench.errors import ConfigError
from bench.filing.nouns import DEFINITIONS, Definition
from bench.types import Language, Value

FORM: dict[str, tuple[str, ...]] = {
    "subject": (
        "name", "legal_representative", "assessment_lead", "legality_lead", "assessor", "contact", "nature", "parent",
        "regulator",
    ),
    "model": (
        "name", "version", "function", "domain", "base_model", "base_model_filing", "parameters", "architecture",
    ),
    "data": (
        "storage", "counts", "sources", "overseas_share", "annotation_volume", "annotators",
    ),
    "compute": ("training", "inference", "cloud", "location"),
    "service": ("name", "channels", "audience", "minors", "test_date", "filing_number"),
    "safety": ("classifier", "interception", "updates", "complaints"),
}  # fmt: skip


Fields = dict[str, str | None]


class Metadata(Value, frozen=True, forbid_unknown_fields=True):
    """A filled form. What is empty prints as `to be filled in`."""

    languages: tuple[Language, ...] = ("zh", "en")
    """Languages that the service offers: each must be evidenced."""
    refusal: Definition = DEFINITIONS[0]
    """The definition of refusal, declared before the run."""
    subject: Fields = {}  # noqa: RUF012 (msgspec copies it)
    model: Fields = {}  # noqa: RUF012 (msgspec copies it)
    data: Fields = {}  # noqa: RUF012 (msgspec copies it)
    compute: Fields = {}  # noqa: RUF012 (msgspec copies it)
    service: Fields = {}  # noqa: RUF012 (msgspec copies it)
    safety: Fields = {}  # noqa: RUF012 (msgspec copies it)

    def field(self, group: str, name: str) -> str | None:
        """Return a field, or None if it is empty."""
        value = getattr(self, group).get(name)
        return value.strip() or None if value else None


EMPTY = Metadata()


def load(path: Path) -> Metadata:
    """Return a filled form; raises ConfigError with file, line and the nearest valid field."""
    tree = yaml.load(path)
    found = schema.convert(tree, Metadata)
    faults = [
        schema.fault_at(tree, (group, name), "schema.unknown_key", name=name, **schema.nearest(name, fields))
        for group, fields in FORM.items()
        for name in getattr(found, group)
        if name not in fields
    ]
    if not found.languages:
        faults.append(schema.fault_at(tree, ("languages",), "schema.missing_key", name="languages"))
    if faults:
        raise ConfigError.of(faults)
    return found


def template() -> str:
    """Return an empty form as YAML, each field with its meaning in Chinese and English."""
    lines = [*_comment("form.head"), "", *_comment("form.languages"), "languages: [zh, en]",
             *_comment("form.refusal"), f"refusal: {DEFINITIONS[0]}"]  # fmt: skip
    for group, fields in FORM.items():
        lines += ["", *_comment(f"form.{group}"), f"{group}:"]
        for name in fields:
            both = catalogue.both(f"filing.form.{group}.{name}")
            lines.append(f'  {name}: ""  # {both["zh"]} / {both["en"]}')
    return "\n".join(lines) + "\n"


def _comment(key: str) -> list[str]:
    both = catalogue.both(f"filing.{key}")
    return [f"# {both['zh']}", f"# {both['en']}"]
