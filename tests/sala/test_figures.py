"""Figures in Prometheus' form, and the JSON Schema of answers."""

import re
from pathlib import Path

import pytest

from flows.loader import load
from flows.revision import revise
from sala import metrics, services
from sala.openapi import DOCUMENT
from sala.schema import answers_schema, field_schema
from sala.services import LIBRARY

SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="(\\.|[^"\\])*"(,[a-z_]+="(\\.|[^"\\])*")*\})? -?[0-9.e+-]+')


def test_each_figure_has_its_help_once_and_every_line_is_well_formed() -> None:
    text = metrics.render(
        [
            ("sala_up_seconds", (), 1.5),
            ("sala_messages_out_total", (("channel", 'a"b\\c\nd'), ("outcome", "sent")), 3.0),
            ("sala_ready", (), 1.0),
            ("sala_messages_out_total", (("channel", "z"), ("outcome", "sent")), 4.0),
        ]
    )
    lines = text.splitlines()
    assert len([line for line in lines if line.startswith("# HELP sala_messages_out_total")]) == 1
    assert all(SAMPLE.fullmatch(line) for line in lines if not line.startswith("#"))
    assert 'channel="a\\"b\\\\c\\nd"' in text
    assert "sala_ready 1\n" in text


def test_a_figure_that_nobody_described_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        metrics.render([("sala_secret_total", (), 1.0)])


def test_the_schema_of_every_starter_service_tells_every_answer() -> None:
    flows = services.read([LIBRARY])
    parts = services.parts_for(flows)
    for flow in flows:
        if flow.is_part:
            continue
        schema = answers_schema(revise(flow, parts))
        assert set(schema["properties"]) == {*flow.fields, *flow.computed}


def test_a_skipped_answer_is_null_and_a_choice_is_its_keys() -> None:
    birth = load(Path(LIBRARY / "birth.yaml").read_text("utf-8"), "birth.yaml")
    assert {"type": "null"} in field_schema(birth.fields["child_name"])["anyOf"]
    assert field_schema(birth.fields["child_sex"])["enum"] == ["m", "f"]
    assert field_schema(birth.fields["mother_age"])["minimum"] == 10


def test_openapi_names_every_parameter_of_its_paths() -> None:
    for path, item in DOCUMENT["paths"].items():
        named = {parameter["name"] for parameter in item.get("parameters", [])}
        assert named == set(re.findall(r"\{(\w+)\}", path))
