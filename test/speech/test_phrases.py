# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Phrases files: the shipped ones, selection of phrases, and files that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_detector_ros.perception.types import VIOLATIONS, WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.speech.phrases import (
    OPTIONAL,
    REQUIRED,
    LanguagePhrases,
    Phrasebook,
    PhrasesError,
    load_languages,
    load_phrases,
    parse_phrases,
)

SHIPPED = find_resource("config/phrases")
LANGUAGES = ("en", "ko", "fa")
NOSE = WearStatus.NOSE_EXPOSED

VALID = """\
language: xx
voice: xx
phrases:
  no_mask: wear a mask
  below_mouth: cover your mouth
  nose_exposed: [first nose, second nose, third nose]
  nose_exposed_again: nose again
  nose_exposed_group: noses
  thanks: thank you
"""


def book(text: str = VALID) -> Phrasebook:
    return Phrasebook([parse_phrases(text.encode(), "xx.yaml")])


# Shipped phrases --------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shipped_language_has_every_phrase(language: str) -> None:
    phrases = load_phrases(SHIPPED / f"{language}.yaml")
    assert set(phrases.texts) == {*REQUIRED, *OPTIONAL}


@pytest.mark.parametrize(
    ("language", "polite_words", "accusing_words"),
    [
        ("en", ("please", "thank you"), ("you have no", "you are not", "must", "violation")),
        ("ko", ("주시겠어요", "감사"), ("안 쓰", "없습니다", "위반", "하세요!")),
        ("fa", ("لطفاً", "ممنون", "سپاسگزارم"), ("ندارید", "تخلف", "نزده")),
    ],
)
def test_shipped_phrases_are_polite_and_do_not_accuse(
    language: str, polite_words: tuple[str, ...], accusing_words: tuple[str, ...]
) -> None:
    shipped = load_phrases(SHIPPED / f"{language}.yaml").texts
    assert shipped
    for texts in shipped.values():
        for text in texts:
            assert any(word in text.lower() for word in polite_words), text
            assert not any(word in text.lower() for word in accusing_words), text


@pytest.mark.parametrize(("language", "first", "last"), [("ko", "가", "힣"), ("fa", "آ", "ی")])
def test_shipped_phrases_are_in_their_own_script(language: str, first: str, last: str) -> None:
    for texts in load_phrases(SHIPPED / f"{language}.yaml").texts.values():
        for text in texts:
            assert any(first <= letter <= last for letter in text)
            assert not any("a" <= letter.lower() <= "z" for letter in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reminder_depends_on_the_wear_status(language: str) -> None:
    shipped = Phrasebook([load_phrases(SHIPPED / f"{language}.yaml")])
    texts = {shipped.reminder(status, False, False)[0].text for status in VIOLATIONS}
    assert len(texts) == len(VIOLATIONS)


# Selection ----------------------------------------------------------------------------------


def test_alternatives_are_used_in_turn() -> None:
    phrases = book()
    texts = [phrases.reminder(NOSE, group=False, again=False)[0].text for _ in range(4)]
    assert texts == ["first nose", "second nose", "third nose", "first nose"]


@pytest.mark.parametrize(
    ("group", "again", "text"),
    [(False, True, "nose again"), (True, False, "noses"), (True, True, "noses")],
)
def test_the_best_variant_is_selected(group: bool, again: bool, text: str) -> None:
    assert book().reminder(NOSE, group, again)[0].text == text


def test_without_variants_the_plain_phrase_is_used() -> None:
    assert book().reminder(WearStatus.NO_MASK, True, True)[0].text == "wear a mask"
    assert book().thanks(group=True)[0].text == "thank you"


@pytest.mark.parametrize("status", [WearStatus.UNKNOWN, WearStatus.CORRECT])
def test_there_is_no_reminder_without_a_violation(status: WearStatus) -> None:
    with pytest.raises(ValueError, match=status.label):
        book().reminder(status, False, False)


def test_languages_keep_the_requested_order() -> None:
    lines = Phrasebook(load_languages("ko, en", [SHIPPED])).thanks(group=False)
    assert [(line.language, line.voice) for line in lines] == [("ko", "ko"), ("en", "en")]


# Files -------------------------------------------------------------------------------------


def test_files_add_languages_and_replace_shipped_ones(tmp_path: Path) -> None:
    for code in ("no", "en"):  # "no" is a boolean in YAML, and Norwegian
        (tmp_path / f"{code}.yaml").write_text(VALID.replace("xx", code), encoding="utf-8")
    loaded = load_languages("no,en,ko", [tmp_path, SHIPPED])
    assert [phrases.texts["no_mask"][0] for phrases in loaded[:2]] == ["wear a mask"] * 2
    assert loaded[0].language == loaded[0].voice == "no"
    assert loaded[2] == load_phrases(SHIPPED / "ko.yaml")


def test_byte_order_marks_and_folded_lines_are_accepted() -> None:
    text = "\ufeff" + VALID.replace("wear a mask", ">\n    please wear\n    a mask\n")
    assert book(text).reminder(WearStatus.NO_MASK, False, False)[0].text == "please wear a mask"


@pytest.mark.parametrize(
    ("languages", "words"),
    [
        ("", "languages is ''"),
        ("en,en", "different codes"),
        ("en,tlh", "'tlh'.*tlh.yaml.*available: en, fa, ko"),
    ],
)
def test_invalid_lists_of_languages_are_refused(languages: str, words: str) -> None:
    with pytest.raises(PhrasesError, match=words):
        load_languages(languages, [SHIPPED])


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("  thanks: thank you\n", "", r":4: phrases lacks the key thanks; expected the keys"),
        ("thanks:", "thnaks:", r":9: .*'thnaks' \(did you mean thanks\?\); expected only"),
        ("thank you", "[]", r":9: thanks has 0 items; expected a list of at least 1 texts"),
        ("thank you", "5", r":9: thanks is '5'; expected a text"),
        ("thank you", "{a: b}", r":9: thanks is a mapping; expected a text"),
        ("thank you", '"..."', r":9: thanks is '...'; expected words"),
        ("thank you", '"a\\0b"', r":9: thanks is 'a\\x00b'; expected no control characters"),
        ("thank you", "thanks " * 90, r":9: thanks has 629 characters; expected at most 500"),
        ("  no_mask: ", "  thanks: ", r":9: phrases has the key thanks twice"),
        ("language: xx", "language: Klingon", r":1: language is 'Klingon'; expected a code"),
        ("voice: xx", "voice: --help", r":2: voice is '--help'; expected a name"),
        ("voice: xx", "voice:", r":2: voice is empty; expected a text"),
        ("voice: xx\n", "", r":1: the file lacks the key voice; expected the keys language"),
        ("[first nose", "[[first nose]", r":6: nose_exposed is a list; expected a text"),
        ("third nose]", "third nose", r":\d+: .*; expected YAML"),
        ("thank you", r'"\UFFFFFFFF"', r": .*; expected YAML"),
        ("thank you", r'"\U00110000"', r": .*; expected YAML"),
    ],
)
def test_errors_name_the_line_and_what_was_expected(wrong: str, right: str, message: str) -> None:
    assert wrong in VALID
    with pytest.raises(PhrasesError, match="^xx.yaml" + message):
        book(VALID.replace(wrong, right))


def test_errors_of_files_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "yy.yaml"
    with pytest.raises(PhrasesError, match=r"yy\.yaml: cannot be read"):
        load_phrases(path)
    path.write_text(VALID, encoding="utf-8")
    with pytest.raises(PhrasesError, match=r"yy\.yaml: its language is 'xx'; expected 'yy'"):
        load_phrases(path)
    path.write_bytes(b"language: yy\nvoice: \xff\n")
    with pytest.raises(PhrasesError, match=r"yy\.yaml:2: is not UTF-8 text"):
        load_phrases(path)
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(PhrasesError, match="longer than"):
        load_phrases(path)


def usable(content: bytes) -> None:
    """The content gives phrases that can be spoken, or a PhrasesError."""
    try:
        phrases = parse_phrases(content, "wild.yaml")
    except PhrasesError as error:
        assert str(error).startswith("wild.yaml:")
        return
    assert isinstance(phrases, LanguagePhrases)
    for status in VIOLATIONS:
        for line in Phrasebook([phrases]).reminder(status, True, True):
            assert line.text.encode() and "\0" not in line.text + line.voice


@given(st.binary(max_size=200))
def test_wild_bytes_are_refused_or_usable(content: bytes) -> None:
    usable(content)


WORDS = st.sampled_from([*REQUIRED, *OPTIONAL, "language", "voice", "phrases", "en", "no"])
LEAVES = WORDS | st.text(max_size=10) | st.integers() | st.booleans() | st.none()
TREES = st.recursive(
    LEAVES, lambda t: st.lists(t, max_size=4) | st.dictionaries(WORDS, t, max_size=8), max_leaves=30
)


@settings(max_examples=30)
@given(
    st.fixed_dictionaries(
        {
            "language": WORDS,
            "voice": LEAVES,
            "phrases": TREES | st.fixed_dictionaries(dict.fromkeys(REQUIRED, TREES)),
        }
    )
)
def test_wild_trees_are_refused_or_usable(tree: object) -> None:
    usable(yaml.safe_dump(tree, allow_unicode=True).encode())


@given(st.integers(0, len(VALID)), st.integers(0, 20), st.text(max_size=5))
def test_damaged_files_are_refused_or_usable(start: int, length: int, junk: str) -> None:
    usable((VALID[:start] + junk + VALID[start + length :]).encode("utf-8", "surrogatepass"))


def test_deep_and_recursive_nesting_is_refused() -> None:
    usable(b"[" * 600)
    usable(b"a: &x [*x]")
