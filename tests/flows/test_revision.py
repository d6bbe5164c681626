"""A revision is named by what its flow means, and holds every part that it runs."""

from pathlib import Path

import pytest

import flows.library
from flows.findings import FlowFault
from flows.loader import load, load_path
from flows.revision import revise

LIBRARY = {flow.id: flow for flow in load_path(Path(flows.library.__file__).parent)}
TEXT = (Path(__file__).parent / "good" / "birth.yaml").read_text(encoding="utf-8")


def test_the_digest_names_the_meaning_and_not_the_comments() -> None:
    one = revise(load(TEXT, "a.yaml"), {})
    assert one.digest.startswith("sha256:")
    assert len(one.digest) == 7 + 64
    assert revise(load("# a comment\n" + TEXT, "b.yaml"), {}).digest == one.digest
    assert revise(load(TEXT.replace("resume: 24h", "resume: 23h"), "c.yaml"), {}).digest != one.digest
    assert revise(load(TEXT.replace("About 2", "About 3"), "d.yaml"), {}).digest != one.digest


def test_a_key_that_says_the_default_changes_nothing() -> None:
    plain = TEXT.replace("resume: 24h", "#")
    assert revise(load(plain, "a.yaml"), {}).digest == revise(load(TEXT, "b.yaml"), {}).digest


def test_the_order_of_choices_counts() -> None:
    girl, boy = "f: {lo: ຍິງ, en: Girl}", "m: {lo: ຊາຍ, en: Boy}"
    assert f"{girl}, {boy}" in TEXT
    turned = TEXT.replace(f"{girl}, {boy}", f"{boy}, {girl}")
    assert revise(load(turned, "a.yaml"), {}).digest != revise(load(TEXT, "b.yaml"), {}).digest


def test_a_revision_holds_the_parts_and_changes_with_them() -> None:
    school = revise(LIBRARY["school"], LIBRARY)
    assert list(school.parts) == ["person", "place"]
    assert school.part_sources["place"] == LIBRARY["place"].source
    person = LIBRARY["person"].model_copy(update={"languages": ("en",)})
    assert revise(LIBRARY["school"], {**LIBRARY, "person": person}).digest != school.digest
    assert not revise(LIBRARY["birth"], LIBRARY).parts


def test_a_revision_is_sensitive_when_a_part_is() -> None:
    place = LIBRARY["place"]
    field = place.fields["here"].model_copy(update={"sensitivity": "sensitive"})
    secret = place.model_copy(update={"fields": {**place.fields, "here": field}})
    assert not revise(LIBRARY["school"], LIBRARY).sensitive
    assert revise(LIBRARY["school"], {**LIBRARY, "place": secret}).sensitive


PART = """
sala: 1
id: {id}
title: {{en: Part}}
languages: [en]
steps:
  - run: {runs}
"""


@pytest.mark.parametrize(
    ("flows_", "says"),
    [
        ({"a": "b", "b": "a"}, "runs itself: a -> b -> a"),
        ({"a": "a"}, "runs itself: a -> a"),
        ({"a": "none"}, "no flow `none`"),
        ({"a": "birth"}, "a service of its own"),
    ],
)
def test_a_missing_part_or_a_ring_is_named(flows_: dict[str, str], says: str) -> None:
    parts = {name: load(PART.format(id=name, runs=runs), f"{name}.yaml") for name, runs in flows_.items()}
    with pytest.raises(FlowFault, match=says):
        revise(parts["a"], {**LIBRARY, **parts})
