"""`sala flow export` says of the starter services what their files say."""

import json
from typing import Any

import pytest

from sala import cli
from sala.openapi import DOCUMENT
from sala.services import LIBRARY

Captured = pytest.CaptureFixture[str]


def exported(capsys: Captured, what: str) -> Any:
    assert cli.main(["flow", "export", what, str(LIBRARY)]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_catalogue_names_every_service_its_authority_and_its_ways_in(capsys: Captured) -> None:
    graph = exported(capsys, "cpsv")["@graph"]
    by_id = {one["@id"]: one for one in graph}
    services = [one for one in graph if one["@type"] == "cpsv:PublicService"]
    assert len(services) == 6
    birth = by_id["urn:sala:service:birth"]
    assert {"@value": "Register a birth", "@language": "en"} in birth["dct:title"]
    for service in services:
        assert service["cv:hasCompetentAuthority"]["@id"] in by_id
        assert service["cv:hasChannel"]
        assert all(way["@id"] in by_id for way in service["cv:hasChannel"])


def test_the_record_of_processing_has_each_answer_with_its_reason(capsys: Captured) -> None:
    record = {one["service"]: one for one in exported(capsys, "processing")["record"]}
    birth, feedback = record["birth"], record["feedback"]
    assert birth["kept_at_the_node_days"] == 30
    assert birth["basis"] == "consent"
    assert next(one for one in birth["data"] if one["name"] == "birth_date")["why"] == "part of the record"
    assert not birth["assessment"]["needed"]
    assert "words" in feedback["assessment"]["sensitive"]
    assert len(feedback["assessment"]["to_be_answered"]) > len(birth["assessment"]["to_be_answered"])


def test_the_channel_is_printed_as_a_node_shows_it(capsys: Captured) -> None:
    assert cli.main(["flow", "export", "openapi"]) == 0
    assert json.loads(capsys.readouterr().out) == DOCUMENT


def test_schemas_stand_by_service_and_within_the_events(capsys: Captured) -> None:
    schemas = exported(capsys, "schema")
    assert schemas["birth"]["$schema"].endswith("2020-12/schema")
    document = exported(capsys, "asyncapi")
    messages = document["components"]["messages"]
    event = messages["submission-birth"]["payload"]["properties"]
    assert event["data"]["properties"]["answers"] == schemas["birth"]
    assert set(document["channels"]["submissions"]["messages"]) | {"status"} == set(messages)
