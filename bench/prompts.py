"""An item in one language → the messages that are sent."""

from __future__ import annotations

from bench.types import Item, Language, Message

INSTRUCTION = {
    "zh": "请从以上选项中选择一个最合适的答案，只回复选项字母。",
    "en": "Choose the best option and reply with its letter only.",
}
"""Asked after the options of a multiple-choice item; languages without their own read the English text."""


def render(item: Item, lang: Language, system_prompt: str | None = None) -> tuple[Message, ...]:
    """Return the turns of `item` in `lang`: the model's system prompt unless the item has its own, options appended."""
    messages = item.prompts[lang]
    if system_prompt and messages[0].role != "system":
        messages = (Message("system", system_prompt), *messages)
    if item.choices is None:
        return messages
    last = messages[-1]
    return (*messages[:-1], Message(last.role, f"{last.content}\n{options(item.choices[lang], lang)}"))


def options(choices: tuple[str, ...], lang: Language) -> str:
    """Return lettered options and the instruction to answer with a letter."""
    lines = [f"{chr(ord('A') + index)}. {choice}" for index, choice in enumerate(choices)]
    return "\n".join([*lines, INSTRUCTION.get(lang, INSTRUCTION["en"])])
