"""The desk's words: the same keys in each language, and none given twice in its files."""

import tomllib
from collections import Counter
from pathlib import Path

import console
from console.words import LANGUAGES, Words

FOLDER = Path(console.__file__).parent / "words"
HEAD = {"signed"}


def test_each_language_has_the_same_words() -> None:
    words = Words()
    for language in LANGUAGES:
        assert words[language].keys() == words[LANGUAGES[0]].keys()


def test_no_word_is_given_twice() -> None:
    for language in LANGUAGES:
        files = sorted(FOLDER.glob(f"*{language}.toml"))
        keys = Counter(key for file in files for key in tomllib.loads(file.read_text("utf-8")))
        assert [key for key, count in keys.items() if count > 1 and key not in HEAD] == []
