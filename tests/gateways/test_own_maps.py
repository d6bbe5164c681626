"""Operators of every form that a map can have and no shipped map has: each through both kits, played by its map."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases
import ussd.kit.cases
from flows.errors import ConfigFault
from gateways.http.loading import load
from sala import gateway_kits, kit
from sala.kit import Side
from store.kit import DoesNotApply

FOLDER = Path(__file__).parent / "maps"
MAPS = sorted(one.name for one in FOLDER.glob("*.toml"))
CASES: dict[Side, tuple[Any, ...]] = {"ussd": ussd.kit.cases.CASES, "sms": sms.kit.cases.CASES}
MAY_NOT_APPLY = {"dialled", "lost_hop", "out_of_order", "opted_out"}
QUICK = {"dialogue", "odd_inputs", "answered", "odd_texts", "each_way_to_fail"}
ALL = [
    pytest.param(name, side, case, id=f"{name}-{side}-{case.__name__}", marks=[] if quick else [pytest.mark.slow])
    for name in MAPS
    for side, cases in CASES.items()
    for case in cases
    for quick in [case.__name__ in QUICK]
]


@pytest.mark.parametrize(("name", "side", "case"), ALL)
async def test_case(name: str, side: Side, case: Any, tmp_path: Path) -> None:
    with contextlib.nullcontext() if case.__name__ not in MAY_NOT_APPLY else contextlib.suppress(DoesNotApply):
        await kit.run(gateway_kits._of_map(str(FOLDER / name)), side, case, tmp_path)


def test_the_forms_are_all_there() -> None:
    """Of requests, answers and signatures: what a shipped map does not try, one of these does."""
    own = [load(str(FOLDER / name)) for name in MAPS]
    shipped = [load(name) for name in ("hubtel", "comviva", "jasmin", "twilio", "rapidpro")]
    maps = [*own, *shipped]
    assert {one.sign.kind for one in maps} == {"none", "basic", "token", "hmac", "twilio"}
    assert {one.ussd.form for one in maps if one.ussd} == {"json", "query", "xml"}
    assert {one.ussd.answer.form for one in maps if one.ussd} == {"json", "text", "xml"}
    assert {one.sms.message.form for one in maps if one.sms} == {"form", "query", "xml"}
    assert {one.sms.send.form for one in maps if one.sms} == {"json", "form", "query", "xml"}
    assert {one.sms.send.taken.form for one in maps if one.sms} == {"json", "text", "xml"}
    assert {one.ussd.text_is for one in maps if one.ussd} == {"cumulative", "last"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{ussd = {type", '{more = "{more}", ussd = {type'),
        ("{sms = {to", '{key = "1", sms = {to'),
        ('form = "xml"\nbody = {sms', 'form = "xml"\ngsm7 = {coding = "0"}\nbody = {sms'),
    ],
)
def test_xml_of_two_roots_is_refused_in_one_line(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "xml.toml").read_text("utf-8")
    assert old in text
    file = tmp_path / "two.toml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigFault, match=r"body: XML has one root"):
        load(str(file))
