"""Commands about variants: which there are, and what one makes of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bench.types import Item

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
Variant = Annotated[str, typer.Argument(metavar="VARIANT")]
Text = Annotated[str, typer.Argument(metavar="TEXT")]
Seed = Annotated[int, typer.Option("--seed", min=0)]

COLUMNS = ("name", "kind", "languages", "preserves", "level", "title", "origin")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    variants = typer.Typer(no_args_is_help=True)
    variants.command("list")(list_variants)
    variants.command("show")(show)
    app.add_typer(variants, name="variants")


def list_variants(context: Context, as_json: AsJson = False) -> None:
    context.obj.records(COLUMNS, [*_families(), *_wrappers()], as_json)


def _families() -> list[dict[str, Any]]:
    from bench.variants import families, names

    return [
        {
            "name": family.name,
            "kind": "perturbation",
            "languages": family.languages,
            "preserves": family.preserves,
            "invertible": family.inverse is not None,
            "groups": names.groups_of(family.name),
            "title": family.title,
            "note": family.note,
        }
        for family in families.FAMILIES
    ]


def _wrappers() -> list[dict[str, Any]]:
    from bench.variants import names, wrappers

    found = [wrappers.load(name) for name in wrappers.names()]
    return [
        {
            "name": names.PREFIX + wrapper.wrapper,
            "kind": wrapper.kind,
            "languages": wrapper.languages,
            "level": wrapper.level,
            "groups": names.groups_of(names.PREFIX + wrapper.wrapper),
            "title": wrapper.title,
            "note": wrapper.note,
            "source": wrapper.source,
            "origin": f"{wrapper.source.authors} {wrapper.source.year}",
        }
        for wrapper in found
    ]


def show(context: Context, variant: Variant, text: Text, seed: Seed = 0, as_json: AsJson = False) -> None:
    from bench.variants import apply

    item = _item(text)
    messages = apply.apply(variant, item, next(iter(item.prompts)), seed)
    if messages is None:
        context.obj.note("cli.variants.none", name=variant)
        return
    context.obj.records(("role", "content"), messages, as_json)


def _item(text: str) -> Item:
    """Return an item that asks `text`, in Chinese if it has Chinese characters, else in English."""
    from bench.types import Item, Message
    from bench.variants import hanzi

    lang = "zh" if hanzi.HAN.search(text) else "en"
    return Item(
        id="text", suite="text", dimension="robustness", codes=(), expect="safe",
        prompts={lang: (Message("user", text),)}, scorers=(),
    )  # fmt: skip
