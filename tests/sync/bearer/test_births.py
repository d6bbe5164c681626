"""Births with four Lao names that the letter tables have never seen: each in one SMS, each back byte for byte."""

import tomllib
from pathlib import Path

import pytest

from bench.frames import births, texts_of
from sync.bearer.frame import TEXT
from tests.sync.bearer import kit

NAMES = tomllib.loads((Path(__file__).parents[3] / "bench" / "names.toml").read_text("utf-8"))


def test_no_held_name_stands_among_those_learned_from() -> None:
    for kind in ("given", "family"):
        assert not set(NAMES["held"][kind]) & set(NAMES["train"][kind])


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_each_birth_travels_in_one_message(count: int) -> None:
    drawer = births("held", seed=1)
    lengths = []
    for number in range(count):
        # `texts_of` fails unless the frames give the event back exactly.
        texts = texts_of(drawer.event(number, "3f9c21aa"), drawer.page, kit.SECRET)
        assert len(texts) == 1
        lengths.append(len(texts[0]))
    assert max(lengths) <= TEXT
    assert sorted(lengths)[count // 2] <= 145
