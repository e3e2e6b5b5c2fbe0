"""Encodings decode back to what they claim to hold."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.variants import encodings, hanzi

MORSE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "#%*<>[\\]^`{|}~")


@given(st.text(min_size=1))
def test_base64_hex_and_reversal_are_exact(text: str) -> None:
    assert base64.b64decode(encodings.encode_base64(text) or "").decode() == text
    assert bytes.fromhex(encodings.encode_hex(text) or "").decode() == text
    turned = encodings.reverse(text)
    assert turned is None or turned[::-1] == text


@given(st.text(min_size=1), st.sampled_from([encodings.CAESAR, 13]))
def test_rotation_is_undone_by_the_rest_of_the_alphabet(text: str, by: int) -> None:
    turned = encodings.rotate(text, by)
    if turned is None:
        assert not any(character.isascii() and character.isalpha() for character in text)
    else:
        assert encodings.rotate(turned, 26 - by) == text


@given(st.text(alphabet=MORSE, min_size=1).filter(str.strip))
def test_morse_decodes_to_small_letters(text: str) -> None:
    code = encodings.encode_morse(text)
    assert code is not None
    assert set(code) <= set(".-/ ")
    assert encodings.decode_morse(code) == encodings.foldable(text)


@given(st.text(min_size=1))
def test_chinese_in_morse_goes_through_its_bytes(text: str) -> None:
    code = encodings.encoders()["prompt_hex_morse"](text)
    assert bytes.fromhex(encodings.decode_morse(code or "")).decode() == text


@pytest.mark.parametrize("text", ["你好", "naïve", "50 %", "", "   "])
def test_morse_says_when_it_has_no_sign(text: str) -> None:
    assert encodings.encode_morse(text) is None


@pytest.mark.parametrize(
    ("name", "back"), [("prompt_pinyin_rot13", 13), ("prompt_pinyin_caesar", 26 - encodings.CAESAR)]
)
def test_chinese_ciphers_decode_to_pinyin(name: str, back: int) -> None:
    coded = encodings.encoders()[name]("银行，ok")
    assert encodings.rotate(coded or "", back) == "yin2 hang2 ，ok"
    assert encodings.encoders()[name]("no Chinese") is None


def test_pinyin_stands_apart_from_latin_letters() -> None:
    assert hanzi.transliterate("用AI吧") == "yong4 AI ba5"


@given(st.text(min_size=1), st.integers(min_value=2, max_value=4))
def test_pieces_join_to_the_text(text: str, count: int) -> None:
    pieces = encodings.cut(text, count)
    if pieces is None:
        assert len(text) < count
    else:
        assert "".join(pieces) == text
        assert all(pieces)
        assert len(pieces) == count


def test_words_are_cut_whole_where_there_are_enough() -> None:
    assert encodings.cut("one two three four five", 2) == ("one two three ", "four five")
