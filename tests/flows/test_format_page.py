"""The page of the format tells the whole format: no key, type, verb, function, reason or finding is left out."""

import re
from pathlib import Path
from typing import get_args

from ruamel.yaml import YAML

from flows import fields, model, steps
from flows.expressions import FUNCTIONS
from flows.inputs import REASONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "flow-format.md").read_text(encoding="utf-8")


def told(word: str) -> bool:
    return re.search(rf"(?<![a-z_]){re.escape(word)}(?![a-z_])", PAGE) is not None


def test_the_page_tells_every_key() -> None:
    classes = [
        *(model.Flow, model.Notice, model.Entry, model.FlowTest, model.Expect, steps.Option),
        *get_args(steps.Step),
        *get_args(fields.AnyField),
    ]
    keys = {info.alias or name for one in classes for name, info in one.model_fields.items()}
    assert {key for key in keys if not told(key)} == set()


def test_the_page_tells_every_type_verb_function_and_reason() -> None:
    types = {get_args(one.model_fields["type"].annotation)[0] for one in get_args(fields.AnyField)}
    assert {word for word in (*types, *steps.VERBS, *FUNCTIONS, *REASONS) if not told(word)} == set()


def test_the_page_tells_every_finding() -> None:
    code = re.compile(r'subject\.(?:error|warning)\(\s*"([a-z-]+)"')
    sources = [file.read_text(encoding="utf-8") for file in (ROOT / "flows" / "check").glob("*.py")]
    codes = {found for source in sources for found in code.findall(source)}
    cases = YAML(typ="safe").load((ROOT / "tests" / "flows" / "bad" / "cases.yaml").read_text(encoding="utf-8"))
    assert codes
    assert {one for one in codes | {case["code"] for case in cases} if f"`{one}`" not in PAGE} == set()


def test_something_that_is_not_in_the_page_is_seen_to_be_missing() -> None:
    assert not told("nonsense_key")
