"""Outlines of places from a GeoJSON file (RFC 7946): read with limits, made simple, and drawn as one small SVG.

Points are moved onto a grid that neighbours share, so their common line stays one line, and the whole map stays small
enough for a page on a slow link.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import orjson

from flows.errors import Fault

MAX_BYTES: Final = 24 * 1024 * 1024
MAX_FEATURES: Final = 5_000
MAX_POINTS: Final = 1_500_000
MAX_RINGS: Final = 20_000
MOST_DRAWN: Final = 7_000
"""Points of the drawn map: some 35 kB of path, 15 packed."""

GRIDS: Final = (900, 700, 500, 400, 300, 220, 160, 120, 90, 60, 40)
"""Sizes of the longer side, finest first; the first that is small enough is taken."""

PROPERTIES: Final = (
    "pcode",
    "ADM3_PCODE",
    "ADM2_PCODE",
    "ADM1_PCODE",
    "adm3_pcode",
    "adm2_pcode",
    "adm1_pcode",
    "code",
    "id",
)
"""Where a p-code is looked for, when nobody says."""

NAMES: Final = (
    *(f"ADM{level}_{tongue}" for level in (3, 2, 1) for tongue in ("EN", "LO")),
    *("name_lo", "name_en", "name", "NAME", "shapeName"),
)
"""Where a name is looked for, to be held against the table's."""

POINTS_GRID: Final = 20_000
"""The grid of a file of points alone: villages of one district are a few kilometres apart, in a map of the country."""

TAIL: Final = 4
"""Signs of a code below its square: of a village its own three digits and one more."""

WGS_84: Final = ("CRS84", "4326")

CLASSES: Final = 4
"""Shades of the map."""

_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
_LEAST_RING: Final = 4
"""Points of a ring (RFC 7946, 3.1.6)."""

Point = tuple[float, float]
Ring = list[tuple[int, int]]


class OutlineFault(Fault):
    """The file of outlines cannot be used."""

    code = "outlines"
    ours = False


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds.

    Attributes:
        rings: of each code, on the grid; a ring of one point is a place that has no outline, only where it lies.
        left: how many features had no code that fits. names: what the file calls each code, in the order of `NAMES`.
    """

    rings: Mapping[str, list[Ring]]
    left: int
    names: Mapping[str, tuple[str, ...]]


def read_outlines(data: bytes, known: Callable[[str], bool], name: str = "") -> Read:
    """Read a file.

    Args:
        data: the bytes, UTF-8.
        known: whether there is a place of this code.
        name: the property that holds the code; "" to look for one.

    Raises:
        OutlineFault: it is too large, no GeoJSON, not in degrees, or none of its codes is known; says what to do.
    """
    features = _features(data)
    name = name or _property(features, known)
    shapes: dict[str, list[list[Point]]] = {}
    names: dict[str, tuple[str, ...]] = {}
    left = points = rings = 0
    for feature in features:
        code = _code(feature, name)
        if not code or not known(code):
            left += 1
            continue
        names[code] = names.get(code, ()) + tuple(_names(feature))
        for ring in _rings(feature.get("geometry")):
            points, rings = points + len(ring), rings + 1
            if points > MAX_POINTS or rings > MAX_RINGS:
                raise OutlineFault(
                    f"the outlines have more than {MAX_POINTS:,} points or {MAX_RINGS:,} rings",
                    hint="make them simpler first: mapshaper.org does it in a browser",
                )
            shapes.setdefault(code, []).append(ring)
    if not shapes:
        raise OutlineFault(
            f"no feature has a code of the places table in its property {name or '?'}",
            hint=f"name the property that holds it; looked for: {', '.join(PROPERTIES)}",
        )
    return Read(_simple(shapes), left, names)


def _features(data: bytes) -> list[dict[str, Any]]:
    if len(data) > MAX_BYTES:
        raise OutlineFault(
            f"the file has more than {MAX_BYTES // 1024 // 1024} MB",
            hint="make it simpler first, as mapshaper.org does",
        )
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise OutlineFault("this is no GeoJSON file", hint=f"as JSON it cannot be read: {error}") from None
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise OutlineFault("this is no GeoJSON file", hint='its outermost "type" must be "FeatureCollection"')
    # The older standard (2008) let a file name its own system; the one in force knows only this one.
    system = orjson.dumps(found.get("crs")).decode() if found.get("crs") else ""
    if system and not any(one in system for one in WGS_84):
        raise OutlineFault("the file says that its points are not in WGS 84", hint="export it in EPSG:4326")
    features = found.get("features")
    if not isinstance(features, list) or len(features) > MAX_FEATURES:
        raise OutlineFault(f'"features" must be a list of at most {MAX_FEATURES:,}')
    return [one for one in features if isinstance(one, dict)]


def _property(features: Sequence[Mapping[str, Any]], known: Callable[[str], bool]) -> str:
    codes = {name: [_code(one, name) for one in features] for name in PROPERTIES}
    counts = {name: sum(known(code) for code in found if code) for name, found in codes.items()}
    best = max(PROPERTIES, key=lambda name: counts[name])
    return best if counts[best] else ""


def _code(feature: Mapping[str, Any], name: str) -> str:
    properties = feature.get("properties")
    value = properties.get(name) if isinstance(properties, dict) else None
    if value is None and name == "id":
        value = feature.get("id")
    said = str(value).strip().upper() if isinstance(value, str | int) else ""
    return said if _CODE.fullmatch(said) else ""


def _names(feature: Mapping[str, Any]) -> Iterator[str]:
    properties = feature.get("properties")
    for name in NAMES:
        said = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(said, str) and said.strip():
            # It is read on a page and in a terminal.
            yield "".join(sign for sign in " ".join(said.split()) if sign.isprintable())[:60]


def _rings(geometry: Any) -> Iterator[list[Point]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    given = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "Point":
        yield [_point(given)]
        return
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(given, list):
        raise OutlineFault("a place has no outline", hint="each feature must be a Polygon, a MultiPolygon or a Point")
    for polygon in given if kind == "MultiPolygon" else [given]:
        if not isinstance(polygon, list):
            raise OutlineFault("a place has an outline that is none", hint="export the file anew")
        for ring in polygon:
            yield _ring(ring)


def _ring(ring: Any) -> list[Point]:
    if not isinstance(ring, list) or len(ring) < _LEAST_RING:
        raise OutlineFault("an outline has fewer than four points", hint="export the file anew")
    return [_point(one) for one in ring]


def _point(one: Any) -> Point:
    if isinstance(one, list) and len(one) >= 2 and all(type(n) in {int, float} for n in one[:2]):  # noqa: PLR2004 - x, y
        x, y = float(one[0]), float(one[1])
        # A number that is none fails both.
        if -180 <= x <= 180 and -90 <= y <= 90:  # noqa: PLR2004 - degrees
            return x, y
    raise OutlineFault(
        "a point is not in degrees of longitude and latitude", hint="export the file in WGS 84 (EPSG:4326)"
    )


def _simple(shapes: Mapping[str, list[list[Point]]]) -> dict[str, list[Ring]]:
    every = [point for rings in shapes.values() for ring in rings for point in ring]
    west, east = min(x for x, _ in every), max(x for x, _ in every)
    south, north = min(y for _, y in every), max(y for _, y in every)
    narrow = max(0.01, math.cos(math.radians((south + north) / 2)))
    extent = max((east - west) * narrow, north - south) or 1.0
    found: dict[str, list[Ring]] = {}
    only_points = all(len(ring) == 1 for rings in shapes.values() for ring in rings)
    for grid in (POINTS_GRID,) if only_points else GRIDS:
        scale = grid / extent

        def place(point: Point, scale: float = scale) -> tuple[int, int]:
            return round((point[0] - west) * narrow * scale), round((north - point[1]) * scale)

        found = {code: _shown([_snapped(map(place, ring)) for ring in rings]) for code, rings in shapes.items()}
        if sum(len(ring) for rings in found.values() for ring in rings) <= MOST_DRAWN:
            break
    return found


def _snapped(points: Iterable[tuple[int, int]]) -> Ring:
    """A ring without its last point, without points that repeat, and without those in the middle of a straight line."""
    ring: Ring = []
    for point in points:
        if ring and point == ring[-1]:
            continue
        while len(ring) > 1 and _straight(ring[-2], ring[-1], point):
            ring.pop()
        ring.append(point)
    while len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return ring


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) == (b[1] - a[1]) * (c[0] - a[0])


def _shown(rings: list[Ring]) -> list[Ring]:
    """The rings that are still areas; of a place too small for that, the point where it lies."""
    areas = [ring for ring in rings if len(ring) > 2]  # noqa: PLR2004 - less is no area
    return areas or [ring[:1] for ring in rings[:1] if ring]


# --- the picture -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Area:
    """One place on the map: what is read of it, and its shade, 1 to 4; 0: no number."""

    said: str
    shade: int


def shades(values: Iterable[int]) -> list[int]:
    """The lowest value of each shade, so that each holds about as many places; fewer where values repeat."""
    ordered = sorted(value for value in values if value > 0)
    if not ordered:
        return []
    return sorted({ordered[len(ordered) * at // CLASSES] for at in range(CLASSES)})


def shade_of(value: int, lowest: Sequence[int]) -> int:
    """The shade of a value; the darkest is 4 also where there are fewer than four."""
    if value <= 0 or not lowest:
        return 0
    return CLASSES - len(lowest) + sum(value >= one for one in lowest)


def draw(
    ident: str,
    title: str,
    rings: Mapping[str, Sequence[Sequence[Sequence[int]]]],
    areas: Mapping[str, Area],
    labels: Mapping[str, tuple[int, int, str]] | None = None,
) -> str:
    """The map; places without an entry in `areas` are left out. `labels` are words by code, and where they stand."""
    points = [point for code, some in rings.items() if code in areas for ring in some for point in ring]
    points += [(x, y) for code, (x, y, _) in (labels or {}).items() if code in areas]
    room = max(4, (max((p[0] for p in points), default=0) - min((p[0] for p in points), default=0)) // 25)
    left, top = min((p[0] for p in points), default=0) - room, min((p[1] for p in points), default=0) - room
    wide = max((p[0] for p in points), default=1) + room - left
    tall = max((p[1] for p in points), default=1) + room - top
    unit = max(1, max(wide, tall) // 70)
    paths = "".join(
        f'<path class="m{areas[code].shade}"{_pattern(ident, areas[code].shade)} d="{_path(some, unit)}">'
        f"<title>{escape(areas[code].said)}</title></path>"
        for code, some in rings.items()
        if code in areas
    )
    words = "".join(
        f'<text x="{x}" y="{y}" text-anchor="middle">{escape(said)}</text>'
        for code, (x, y, said) in (labels or {}).items()
        if code in areas
    )
    return (
        f'<svg class="map" viewBox="{left} {top} {wide} {tall}" role="img" aria-labelledby="{ident}-t">'
        f'<title id="{ident}-t">{escape(title)}</title>{patterns(ident, unit)}{paths}{words}</svg>'
    )


def tiles(codes: Sequence[str]) -> tuple[dict[str, list[Ring]], dict[str, tuple[int, int, str]]]:
    """In place of a map, where nobody has brought one: a square for each place, in rows, the end of its code below."""
    across = max(4, math.isqrt(max(0, len(codes) - 1)) + 1)
    rings: dict[str, list[Ring]] = {}
    labels = {}
    for at, code in enumerate(codes):
        x, y = at % across * 40, at // across * 40
        rings[code] = [[(x, y), (x + 30, y), (x + 30, y + 20), (x, y + 20)]]
        labels[code] = (x + 15, y + 32, code[-TAIL:])
    return rings, labels


def patterns(ident: str, unit: int) -> str:
    """What tells the shades apart without colour: nothing, dots, lines, lines both ways; and a cross for no number."""
    size = unit * 3
    half = size / 2
    dot = f'<circle class="dot" cx="{half}" cy="{half}" r="{unit / 2}"/>'
    shapes = {
        0: f'<path class="hatch" d="M0 0L{size} {size}M{size} 0L0 {size}"/>',
        2: f'<rect class="ground2" width="{size}" height="{size}"/>{dot}',
        3: f'<rect class="ground3" width="{size}" height="{size}"/><path class="hatch" d="M0 {size}L{size} 0"/>',
    }
    inner = "".join(
        f'<pattern id="{ident}-m{shade}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">{shape}</pattern>'
        for shade, shape in shapes.items()
    )
    return f"<defs>{inner}</defs>"


def swatch(ident: str, shade: int) -> str:
    """A piece of the legend, with the patterns of the map of this name; the words beside it say what it means."""
    box = f'<rect class="m{shade}"{_pattern(ident, shade)} width="24" height="16"/>'
    return f'<svg class="swatch" viewBox="0 0 24 16" aria-hidden="true">{patterns(ident, 2)}{box}</svg>'


def _pattern(ident: str, shade: int) -> str:
    return f' fill="url(#{ident}-m{shade})"' if shade in {0, 2, 3} else ""


def _path(rings: Sequence[Sequence[Sequence[int]]], unit: int) -> str:
    parts = []
    for ring in rings:
        (x, y), *others = ring if len(ring) > 1 else _mark(ring[0][0], ring[0][1], unit)
        parts.append(f"M{x} {y}l")
        steps = []
        for to_x, to_y in others:
            steps.append(f"{to_x - x} {to_y - y}")
            x, y = to_x, to_y
        parts.append(" ".join(steps).replace(" -", "-") + "z")
    return "".join(parts)


def _mark(x: int, y: int, unit: int) -> Ring:
    """A diamond, where a place is only a point."""
    size = unit * 2
    return [(x - size, y), (x, y - size), (x + size, y), (x, y + size)]
