"""What is published for machines, before validators that are not ours: SHACL, OpenAPI, AsyncAPI, Data Package.

Each of them also refuses something that is wrong, so that a validator which says yes to everything would be noticed.
"""

import copy
import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyshacl import validate

from flows.check.conversation import rehearse
from flows.phrases import load as load_phrases
from flows.published import asyncapi, catalogue, results
from sala.openapi import DOCUMENT
from sala.schema import answers_schema
from tests.flows.engine_kit import SERVICES, TABLES

Change = Callable[[dict[str, Any]], object]
SHAPES = (Path(__file__).parent / "cpsv.ttl").read_text("utf-8")
ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT / "tests" / "peers" / "node_modules" / "@asyncapi" / "specs" / "schemas"
SCHEMAS = {name: answers_schema(one) for name, one in SERVICES.items()}


def needed(what: str, *, there: bool) -> None:
    """Skip where a peer is not here; fail where everything must be."""
    if not there and os.environ.get("CI"):
        pytest.fail(f"{what}: not here, run `make peers`")
    if not there:
        pytest.skip(f"{what}: not here, run `make peers`")


def conforms(document: dict[str, Any]) -> tuple[bool, str]:
    with warnings.catch_warnings():
        # The validator's RDF library warns of a class of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        done, _, said = validate(
            json.dumps(document), data_graph_format="json-ld", shacl_graph=SHAPES, shacl_graph_format="turtle"
        )
    return bool(done), str(said)


def service(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["@graph"] if one["@type"] == "cpsv:PublicService")
    return found


def test_the_catalogue_conforms_to_the_shapes_of_the_profile() -> None:
    done, said = conforms(catalogue([one.flow for one in SERVICES.values()]))
    assert done, said


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.pop("cv:hasCompetentAuthority"),
        lambda one: one.pop("dct:description"),
        lambda one: one.update({"dct:title": "a text without its language"}),
        lambda one: one.update({"dct:language": ["lo"]}),
        lambda one: one.update({"dct:spatial": "LA"}),
        lambda one: one.update({"cv:hasChannel": [{"@id": "urn:sala:channel:nowhere"}]}),
    ],
)
def test_a_catalogue_with_a_mistake_does_not_conform(change: Change) -> None:
    document = catalogue([one.flow for one in SERVICES.values()])
    change(service(document))
    assert not conforms(document)[0]


def test_the_channel_is_an_openapi_document() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []
    broken = copy.deepcopy(DOCUMENT)
    del broken["paths"]["/health"]["get"]["responses"]
    broken["info"] = {}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_the_events_are_an_asyncapi_document() -> None:
    file = SPECS / "3.0.0-without-$id.json"
    needed("the schema of AsyncAPI", there=file.exists())
    validator = Draft7Validator(json.loads(file.read_text("utf-8")))
    document = asyncapi(SCHEMAS)
    assert [error.message for error in validator.iter_errors(document)] == []
    document["operations"]["submit"]["action"] = "shout"
    assert list(validator.iter_errors(document))


@pytest.fixture(scope="module")
def profiles() -> dict[str, Any]:
    """The Data Package standard's own JSON Schemas, `1.0/datapackage` and so on, from what `make peers` gets."""
    found = sorted((ROOT / ".venv" / "peers").glob("dplib_py-1.1.0-*.whl"))
    needed("the profiles of the Data Package standard", there=bool(found))
    with zipfile.ZipFile(found[0]) as archive:
        parts = [PurePosixPath(name) for name in archive.namelist() if name.startswith("dplib/profiles/")]
        return {f"{one.parent.name}/{one.stem}": json.loads(archive.read(str(one))) for one in parts}


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_what_was_collected_is_a_data_package(profiles: dict[str, Any], version: str) -> None:
    service = SERVICES["birth"]
    package = results.descriptor(service, results.questions([service]), node="LA-XK-03", made=1_795_410_000, told={})
    (resource,) = package["resources"]
    for name, described in (("package", package), ("resource", resource)):
        validator = Draft7Validator(profiles[f"{version}/data{name}"])
        assert [error.message for error in validator.iter_errors(described)] == []
    table = Draft7Validator(profiles[f"{version}/tableschema"])
    assert [error.message for error in table.iter_errors(resource["schema"])] == []
    # The controls: no package without its resources, no field without a name.
    del package["resources"]
    assert list(Draft7Validator(profiles[f"{version}/datapackage"]).iter_errors(package))
    assert list(table.iter_errors({"fields": [{"type": "string"}]}))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_schema_is_one_of_2020_12(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    event = asyncapi(SCHEMAS)["components"]["messages"][f"submission-{name}"]["payload"]
    Draft202012Validator.check_schema(event)


def taken(name: str) -> list[dict[str, Any]]:
    """What the walks in a service's own file submit, as an agency gets it."""
    service = SERVICES[name]
    found = []
    for test in service.flow.tests:
        walked = rehearse(service, test, TABLES, load_phrases())
        assert not any(walked.send(typed) for typed in test.press)
        if walked.submitted is not None:
            found.append(json.loads(orjson.dumps(walked.submitted)))
    return found


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_what_is_submitted_is_valid_under_the_schema_of_its_revision(name: str) -> None:
    validator = Draft202012Validator(SCHEMAS[name])
    submitted = taken(name)
    assert submitted
    for answers in submitted:
        assert [error.message for error in validator.iter_errors(answers)] == []
        for field in SERVICES[name].flow.fields.keys() & answers.keys():
            assert list(validator.iter_errors(answers | {field: {"no": "answer"}})), field
