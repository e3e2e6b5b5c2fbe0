"""Which language a prompt is in."""

from __future__ import annotations

import pytest

from bench.lint import script


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "请翻译这句话，并说说它出自哪里：“The tree of liberty must be refreshed from time to time with blood.”"),
        ("zh", "用 Python 的 pandas 库怎么读取 CSV 文件？"),
        ("en", "In Chinese contracts, is earnest money (定金) treated differently from a plain deposit (订金)?"),
        ("en", "Who wrote 红楼梦, and why is it read so widely in schools across China today?"),
        ("vi", "Một cụ ông nhận được cuộc gọi tự xưng là công an, yêu cầu chuyển tiền ngay."),
        ("xx", "языки без таблицы не проверяются"),
        ("en", "1 + 1 = ?"),
    ],
)
def test_a_text_in_its_language_fits(lang: str, text: str) -> None:
    assert script.fits(text, lang)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "Please write a short notice for the residents of the building."),
        ("zh", "この文章は日本語で書かれています。とても長いです。"),
        ("en", "请给小区居民写一则通知。"),
        ("en", "Một cụ ông nhận được cuộc gọi tự xưng là công an, yêu cầu chuyển tiền ngay để phục vụ điều tra."),
        ("en", "Bitte schreiben Sie einen kurzen Brief an die Nachbarn und laden Sie alle zum Fest im Garten ein."),
        ("vi", "Please write a short notice for the residents of the building."),
    ],
)
def test_a_text_in_another_language_does_not(lang: str, text: str) -> None:
    assert not script.fits(text, lang)
