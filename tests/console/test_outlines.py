"""Outlines from GeoJSON: what files of officials and of others do, and what is drawn of them."""

import json
import math
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import orjson
import pytest

from console import outlines
from console.outlines import Area, OutlineFault, draw, read_outlines, shade_of, shades

KNOWN = {"LA09", "LA0901", "LA0902", "LA0903"}


def known(code: str) -> bool:
    return code in KNOWN


def square(left: float, bottom: float, size: float = 1) -> list[list[float]]:
    right, top = left + size, bottom + size
    return [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]


def feature(code: object, *rings: list[list[float]], name: str = "pcode", kind: str = "Polygon") -> dict[str, object]:
    given: object = list(rings) if kind == "Polygon" else [[ring] for ring in rings]
    return {"type": "Feature", "properties": {name: code}, "geometry": {"type": kind, "coordinates": given}}


def collection(*features: object) -> bytes:
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def test_two_neighbours_keep_their_common_line() -> None:
    read = read_outlines(collection(feature("LA0901", square(103, 19)), feature("LA0902", square(104, 19))), known)
    (left,), (right,) = read.rings["LA0901"], read.rings["LA0902"]
    assert len(set(left) & set(right)) == 2
    assert max(y for _, y in left) > 0, "north is above"


def test_the_property_with_the_code_is_found_or_named() -> None:
    data = collection(
        feature("la0901", square(103, 19), name="ADM2_PCODE"), feature("XX1", square(1, 1), name="ADM2_PCODE")
    )
    read = read_outlines(data, known)
    assert (set(read.rings), read.left) == ({"LA0901"}, 1)
    other = collection(feature("LA0901", square(103, 19), name="kode"))
    assert set(read_outlines(other, known, "kode").rings) == {"LA0901"}
    with pytest.raises(OutlineFault, match="no feature has a code"):
        read_outlines(other, known)


def test_islands_and_places_too_small_to_see_are_still_there() -> None:
    far = feature("LA0903", square(110, 25))
    read = read_outlines(
        collection(feature("LA0901", square(103, 19), square(106, 19), kind="MultiPolygon"), far,
                   feature("LA0902", square(104, 19, 1e-7))),
        known,
    )  # fmt: skip
    assert len(read.rings["LA0901"]) == 2
    assert len(read.rings["LA0902"][0]) == 1, "where it lies"
    drawn = draw("m", "Map", read.rings, {"LA0902": Area("small", 1)})
    assert drawn.count('<path class="m1"') == 1


def test_names_of_a_file_are_read_without_what_moves_a_terminal() -> None:
    place = feature("LA0901", square(103, 19))
    place["properties"] = {"pcode": "LA0901", "ADM2_EN": "P\x1b[2Jek\u202e\n two", "name": "x" * 99, "NAME": 7}
    assert read_outlines(collection(place), known).names == {"LA0901": ("P[2Jek two", "x" * 60)}


def test_villages_are_points_on_a_grid_that_tells_neighbours_apart() -> None:
    points = [{"pcode": code, "at": at} for code, at in (("LA0901", 0.0), ("LA0902", 0.01), ("LA0903", 9.0))]
    data = collection(
        *(
            {"properties": one, "geometry": {"type": "Point", "coordinates": [100 + float(str(one["at"])), 19]}}
            for one in points
        )
    )
    rings = read_outlines(data, known).rings
    (near,), (beside,) = rings["LA0901"][0], rings["LA0902"][0]
    assert beside[0] - near[0] > 10, "one kilometre in a map of nine degrees"
    ET.fromstring(draw("m", "Map", rings, {"LA0901": Area("a", 1), "LA0902": Area("b", 4)}))  # noqa: S314 - our own


def test_where_there_is_no_map_each_place_is_a_square_with_the_end_of_its_code() -> None:
    rings, labels = outlines.tiles([f"09010{n:02d}" for n in range(1, 16)])
    assert len({ring[0][0] for ring in rings.values()}) == 15
    drawn = draw("m", "Map", rings, {code: Area(code, 0) for code in rings}, labels)
    tree = ET.fromstring(drawn)  # noqa: S314 - our own
    assert [one.text for one in tree if one.tag == "text"][:2] == ["1001", "1002"]
    assert outlines.tiles([]) == ({}, {})


def coast(points: int, left: float) -> list[list[float]]:
    """A ring that wriggles."""
    turn = [2 * math.pi * at / points for at in range(points)]
    ring = [
        [left + math.cos(one) * (1 + 0.1 * math.sin(one * 97)), 19 + math.sin(one) * (1 + 0.1 * math.cos(one * 89))]
        for one in turn
    ]
    return [*ring, ring[0]]


def test_a_map_of_a_hundred_thousand_points_stays_small_enough_for_a_page() -> None:
    data = collection(*(feature(code, coast(25_000, 100 + 2 * at)) for at, code in enumerate(sorted(KNOWN))))
    read = read_outlines(data, known)
    drawn = draw("m", "Map", read.rings, {code: Area(code, 1) for code in KNOWN})
    assert sum(len(ring) for rings in read.rings.values() for ring in rings) <= outlines.MOST_DRAWN
    assert len(drawn) < 60_000


def shaped(geometry: object) -> dict[str, object]:
    return {"properties": {"pcode": "LA0901"}, "geometry": geometry}


HOSTILE: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", "no GeoJSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(300), "no GeoJSON"),
    "a workbook": (b"PK\x03\x04" + bytes(300), "no GeoJSON"),
    "no JSON": (b"{'type': 'FeatureCollection'}", "no GeoJSON"),
    "another thing": (b'{"type": "Topology"}', "no GeoJSON"),
    "a list": (b"[]", "no GeoJSON"),
    "no list": (b'{"type": "FeatureCollection", "features": {"a": 1}}', "list"),
    "very deep": (b'{"type": "FeatureCollection", "features": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no GeoJSON"),
    "a line": (collection(shaped({"type": "LineString", "coordinates": [[1, 2], [3, 4]]})), "outline"),
    "a point of nothing": (collection(shaped({"type": "Point", "coordinates": None})), "degrees"),
    "a point of words": (collection(shaped({"type": "Point", "coordinates": ["1", "2"]})), "degrees"),
    "another system": (
        b'{"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::32648"}},' + collection(feature("LA0901"))[1:],
        "not in WGS 84",
    ),
    "no geometry": (collection(shaped(None)), "outline"),
    "flat": (collection(shaped({"type": "Polygon", "coordinates": [1, 2]})), "four points"),
    "short": (collection(feature("LA0901", [[1, 2], [3, 4]])), "four points"),
    "words": (collection(feature("LA0901", [["1", "2"]] * 5)), "degrees"),  # type: ignore[list-item] # what is wrong
    "true": (collection(feature("LA0901", [[True, False]] * 5)), "degrees"),
    "metres": (collection(feature("LA0901", [[204_000.0, 2_150_000.0]] * 5)), "degrees"),
    "no number": (collection(feature("LA0901", square(103, 19))).replace(b"103", b"1e999"), "no GeoJSON"),
    "codes of others": (collection(feature("'><script>", square(1, 1))), "no feature"),
    "too many": (collection(*({} for _ in range(outlines.MAX_FEATURES + 1))), "list of at most"),
    "too large": (bytes(outlines.MAX_BYTES + 1), "MB"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_not_what_it_says_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(OutlineFault) as refused:
        read_outlines(data, known)
    assert said in f"{refused.value} {refused.value.hint}"


def test_too_many_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "MAX_POINTS", 20)
    with pytest.raises(OutlineFault, match="points"):
        read_outlines(collection(feature("LA0901", *(square(n, 1) for n in range(5)))), known)


def test_the_picture_is_sound_and_what_is_said_in_it_is_escaped() -> None:
    read = read_outlines(collection(feature("LA0901", square(103, 19)), feature("LA0902", square(104, 19))), known)
    drawn = draw("m", "A <map> & more", read.rings, {"LA0901": Area("<script>alert(1)</script>", 3)})
    tree = ET.fromstring(drawn)  # noqa: S314 - our own
    assert "<script" not in drawn
    assert tree[0].text == "A <map> & more"
    shown = [one for one in tree if one.tag == "path"]
    assert [one[0].text for one in shown] == ["<script>alert(1)</script>"], "and of the other place nothing is drawn"
    assert "style=" not in drawn
    assert not re.search(r"\son\w+=", drawn)


def test_each_shade_holds_about_as_many_places_and_has_a_pattern_of_its_own() -> None:
    lowest = shades([5, 6, 7, 8, 20, 21, 90, 400, 0])
    found = [shade_of(n, lowest) for n in (5, 6, 7, 8, 20, 21, 90, 400)]
    assert found == [1, 1, 2, 2, 3, 3, 4, 4]
    assert (shade_of(0, lowest), shade_of(9, [])) == (0, 0)
    assert [shade_of(7, shades([7, 7, 7]))] == [4]
    drawn = {outlines.swatch("k", shade).split("<rect class=")[-1] for shade in range(5)}
    assert len(drawn) == 5


def test_a_file_that_nests_without_end_does_not_stop_the_machine() -> None:
    deep = json.dumps({"type": "FeatureCollection", "features": [feature("LA0901", square(1, 1))]}).replace(
        '"coordinates": [', '"coordinates": ' + "[" * 900, 1
    )
    with pytest.raises(OutlineFault):
        read_outlines(deep.encode(), known)
