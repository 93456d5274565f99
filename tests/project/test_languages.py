"""The other languages say all that English says, and nothing else: no missing key, no stray one, the same placeholders."""

from collections.abc import Iterator
import re
from string import Formatter
from typing import Any

import pytest

from .source import INTEGRATION, read_json

TRANSLATIONS = INTEGRATION / "translations"
LANGUAGES = ("de", "es", "fr", "it", "nl", "pl", "pt", "zh-Hans")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of everything that users read."""
    for key, inner in value.items():
        inner_path = f"{path}.{key}" if path else key
        if isinstance(inner, dict):
            yield from leaves(inner, inner_path)
        else:
            assert isinstance(inner, str), inner_path
            yield inner_path, inner


def placeholders(message: str) -> list[str]:
    """Return the names in braces in a text, each as often as it stands there."""
    return sorted(name for _, name, _, _ in Formatter().parse(message) if name is not None)


ENGLISH = dict(leaves(read_json(TRANSLATIONS / "en.json")))


def test_languages_are_all_there() -> None:
    """No language is announced that is not there, and none lies around unchecked."""
    assert {path.stem for path in TRANSLATIONS.iterdir()} == {"en", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys(language: str) -> None:
    """Every text of English has one, and none is left over from a text that is gone."""
    texts = dict(leaves(read_json(TRANSLATIONS / f"{language}.json")))
    assert sorted(ENGLISH.keys() - texts.keys()) == [], "missing"
    assert sorted(texts.keys() - ENGLISH.keys()) == [], "stray"


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts(language: str) -> None:
    """Each text has the placeholders and the markup of the English one, and is a text."""
    for path, text in leaves(read_json(TRANSLATIONS / f"{language}.json")):
        english = ENGLISH[path]
        assert text, path
        assert text == text.strip(), path
        assert "  " not in text, path
        assert placeholders(text) == placeholders(english), path
        assert len(re.findall(r"\]\(", text)) == len(re.findall(r"\]\(", english)), path
        assert text.count("`") == english.count("`"), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_translated(language: str) -> None:
    """Few texts are the same as in English; a file that was only copied would show here."""
    texts = dict(leaves(read_json(TRANSLATIONS / f"{language}.json")))
    words = {path for path, text in ENGLISH.items() if re.search(r"[a-z]{4}", text)}
    same = [path for path in words if texts[path] == ENGLISH[path]]
    assert len(same) < len(words) * 0.12, same


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_a_platform_differ(language: str) -> None:
    """Two states of one entity that read alike could not be told apart where English tells them apart."""
    texts = read_json(TRANSLATIONS / f"{language}.json")
    english = read_json(TRANSLATIONS / "en.json")
    for platform, entries in texts["entity"].items():
        for key, entry in entries.items():
            states = entry.get("state", {})
            in_english = english["entity"][platform][key].get("state", {})
            assert len(set(states.values())) >= len(set(in_english.values())) * 0.75, f"{platform}.{key}"


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_how_long_a_repair_stays(language: str) -> None:
    """Where the cloud is asked once an hour at most, no text promises that this takes minutes."""
    texts = dict(leaves(read_json(TRANSLATIONS / f"{language}.json")))
    last = {
        key: texts[f"issues.{key}.description"].splitlines()[-1]
        for key in ("cloud_quota_exhausted", "cloud_not_subscribed")
    }
    assert len(set(last.values())) == 2
