"""A flow of RapidPro or TextIt as a graph, the same for every version of its exports."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from flows.imports.legacy import modern
from flows.imports.names import language_tag
from flows.imports.report import ImportFault, Report

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_NODES: Final = 300
MAX_FLOWS: Final = 50
VERSIONS: Final = range(10, 15)
"""11 to 13 and 14; 10 differs from 11 in nothing that is read."""

RouterKind = Literal["wait", "split", "flow", "other"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a node does.

    Attributes:
        kind: as RapidPro calls it. texts: of a message, by language. name, value: of a result. flow: the id of a flow
            that is entered. also: what else the action carries that cannot come over.
    """

    kind: str
    texts: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    value: str = ""
    flow: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A rule: a test with what it is given, and the category that it leads to."""

    test: str
    given: tuple[str, ...]
    category: str


@dataclass(frozen=True, slots=True)
class Category:
    """Where a rule leads: its name in each language, and the next node ("" for none)."""

    id: str
    texts: Mapping[str, str]
    to: str


@dataclass(frozen=True, slots=True)
class Router:
    """How a node decides.

    Attributes:
        operand: what is looked at. result: under which name it is kept. default, timeout: categories, "" for none.
    """

    kind: RouterKind
    operand: str
    result: str
    cases: tuple[Case, ...]
    categories: tuple[Category, ...]
    default: str
    timeout: str
    type: str = "switch"


@dataclass(frozen=True, slots=True)
class Node:
    """One node: what it does, then how it decides; `to` without a router ("" ends)."""

    id: str
    place: str
    actions: tuple[Action, ...]
    router: Router | None
    to: str

    @property
    def waits(self) -> bool:
        """Whether it waits for the person."""
        return self.router is not None and self.router.kind == "wait"

    def ways(self) -> tuple[str, ...]:
        """The nodes that may be next; "" where it may end."""
        return tuple(one.to for one in self.router.categories) if self.router else (self.to,)


@dataclass(frozen=True, slots=True)
class Graph:
    """One flow; the first node is where it begins."""

    id: str
    name: str
    languages: tuple[str, ...]
    nodes: Mapping[str, Node]

    @property
    def entered(self) -> tuple[str, ...]:
        """The flows that it enters."""
        return tuple(
            dict.fromkeys(one.flow for node in self.nodes.values() for one in node.actions if one.kind == "enter_flow")
        )


def read_export(data: bytes, report: Report, language: str) -> dict[str, Graph]:
    """The flows of an export (or one flow alone), by their ids.

    Raises:
        ImportFault: no export, of a version that is not known, or too large.
    """
    if len(data) > MAX_BYTES:
        raise ImportFault(f"the file is larger than {MAX_BYTES // 1024**2} MiB")
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ImportFault(f"the file is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ImportFault("the file is no export of flows: it holds no object")
    flows = found.get("flows") if "flows" in found else [found]
    if not isinstance(flows, list) or not flows:
        raise ImportFault("the export holds no flows")
    if len(flows) > MAX_FLOWS:
        raise ImportFault(f"the export holds {len(flows)} flows: at most {MAX_FLOWS}; export fewer")
    _version(found.get("version"))
    try:
        graphs = [_graph(flow, report, language) for flow in flows]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        # The export's own shape is trusted no further than it holds.
        raise ImportFault(f"the export is damaged ({type(error).__name__}: {error})") from None
    for kind in ("campaigns", "triggers", "groups", "fields"):
        if found.get(kind):
            report.left("export", kind, f"{len(found[kind])} of them: a channel of services has no such thing")
    return {graph.id: graph for graph in graphs}


def _version(version: Any) -> None:
    if version in (None, ""):
        return
    major = str(version).split(".", maxsplit=1)[0]
    if not major.isdigit() or int(major) not in VERSIONS:
        raise ImportFault(f"the export is of version {version}: 11 to 14 are read; export it anew")


def _graph(flow: Mapping[str, Any], report: Report, language: str) -> Graph:
    _version(flow.get("spec_version"))
    if "definition" in flow:
        flow = flow["definition"]
    if "action_sets" in flow or "rule_sets" in flow:
        flow = modern(flow)
    if "nodes" not in flow:
        raise ImportFault("the file is no export of flows: it has no nodes")
    if len(flow["nodes"]) > MAX_NODES:
        raise ImportFault(f"`{flow.get('name')}` has {len(flow['nodes'])} nodes: one flow holds {MAX_NODES}")
    reader = _Reader(flow, report, language)
    nodes = [reader.node(number, node) for number, node in enumerate(flow["nodes"], 1)]
    if len({node.id for node in nodes}) < len(nodes):
        raise ImportFault(f"`{reader.name}` has two nodes of one id")
    return Graph(
        str(flow.get("uuid") or reader.name), reader.name, reader.languages(), {node.id: node for node in nodes}
    )


class _Reader:
    """Reads the nodes of one flow with its languages at hand."""

    def __init__(self, flow: Mapping[str, Any], report: Report, language: str) -> None:
        self.name = str(flow.get("name") or "flow")
        self._report = report
        self._base = self._tag(flow.get("language")) or language
        self._other = {self._tag(code): found for code, found in (flow.get("localization") or {}).items()}
        self._other.pop("", None)

    def _tag(self, code: Any) -> str:
        return language_tag(str(code)) if code and code not in ("base", "und") else ""

    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self._base, *self._other]))

    def _texts(self, item: Mapping[str, Any], key: str, fallback: str = "") -> dict[str, str]:
        """A text of an object in the base language and in those that it was translated to."""
        base = str(item.get(key) or fallback)
        texts = {self._base: base} if base.strip() else {}
        for tag, found in self._other.items():
            words = (found.get(item.get("uuid")) or {}).get(key)
            words = words[0] if isinstance(words, list) and words else words
            if isinstance(words, str) and words.strip():
                texts[tag] = words
        return texts

    def node(self, number: int, node: Mapping[str, Any]) -> Node:
        place = f"{self.name}:{number}"
        actions = tuple(self._action(one) for one in node.get("actions") or ())
        exits = {one["uuid"]: str(one.get("destination_uuid") or "") for one in node.get("exits") or ()}
        router = self._router(node["router"], exits) if node.get("router") else None
        if router is not None and router.kind == "other" and any(one.kind == "enter_flow" for one in actions):
            router = Router("flow", router.operand, router.result, router.cases, router.categories, router.default, "")
        return Node(str(node["uuid"]), place, actions, router, next(iter(exits.values()), ""))

    def _action(self, action: Mapping[str, Any]) -> Action:
        kind = str(action.get("type") or "?")
        also = tuple(
            name for name in ("attachments", "quick_replies", "templating", "template", "all_urns") if action.get(name)
        )
        entered = action.get("flow")
        return Action(
            kind,
            self._texts(action, "text") if kind in ("send_msg", "say_msg") else {},
            str(action.get("name") or (action.get("field") or {}).get("name") or ""),
            str(action.get("value") or ""),
            str((entered.get("uuid") or entered.get("name")) if isinstance(entered, dict) else ""),
            also,
        )

    def _router(self, router: Mapping[str, Any], exits: Mapping[str, str]) -> Router:
        categories = tuple(
            Category(one["uuid"], self._texts(one, "name", "?"), exits.get(one.get("exit_uuid", ""), ""))
            for one in router.get("categories") or ()
        )
        cases = tuple(self._cases(router))
        wait = router.get("wait")
        timeout = ((wait or {}).get("timeout") or {}).get("category_uuid", "")
        operand = str(router.get("operand") or "")
        kind: RouterKind = "wait" if wait else "split" if router.get("type") == "switch" else "other"
        if kind == "split" and operand.startswith(("@child", "@(child")):
            kind = "other"
        return Router(
            kind,
            operand,
            str(router.get("result_name") or ""),
            cases,
            categories,
            str(router.get("default_category_uuid") or ""),
            str(timeout or ""),
            str(router.get("type") or "switch"),
        )

    def _cases(self, router: Mapping[str, Any]) -> Iterator[Case]:
        for case in router.get("cases") or ():
            given = case.get("arguments") or ()
            yield Case(str(case["type"]), tuple(str(one) for one in given), str(case["category_uuid"]))
