"""Every text of the bundled apps is there in every language of the product, and nothing else."""

import re
from collections.abc import Mapping

import pytest
from babel.messages.pofile import read_po

from tessera.metadata.loader import discover
from tessera.metadata.packages import AppPackage
from tessera.metadata.texts import texts_of
from tools.extract_app_texts import catalogue, problems, written

LANGUAGES = ("es", "zh")
APPS = ("core", "standard_crm")
#: Texts that are the same in other languages too: names, signs, words that travelled.
SAME = {"es": 40, "zh": 10}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("app", APPS)
def test_a_catalogue_is_complete_and_current(bundled: Mapping[str, AppPackage], app: str, language: str) -> None:
    path = discover()[app] / "translations" / f"{language}.po"
    with path.open("rb") as file:
        content = read_po(file, locale=language)
    assert problems(bundled[app], language, content) == []
    assert written(catalogue(bundled[app], language, content)) == path.read_bytes(), "run tools/extract_app_texts.py"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("app", APPS)
def test_a_translation_keeps_the_form_of_its_text(bundled: Mapping[str, AppPackage], app: str, language: str) -> None:
    for english, text in bundled[app].texts[language].items():
        assert text == text.strip()
        assert re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", text)
        is_sentence = english.endswith(".") and " " in english
        assert not is_sentence or text.endswith((".", "。")), english


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_translations(bundled: Mapping[str, AppPackage], language: str) -> None:
    texts = bundled["standard_crm"].texts[language]
    same = [english for english, text in texts.items() if english == text]
    assert len(same) <= SAME[language], same


@pytest.mark.parametrize("app", APPS)
def test_every_text_says_where_it_stands(bundled: Mapping[str, AppPackage], app: str) -> None:
    texts = texts_of(bundled[app])
    assert texts["Name"]
    assert all(places for places in texts.values())
