"""A flow of RapidPro or TextIt as a flow of ours: its graph put into a list, each branch under its condition."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.check import Subject, roads
from flows.imports.graph import Graph, read_export
from flows.imports.names import flow_id
from flows.imports.nodes import Maker
from flows.imports.report import MOST_IN_HEAD, Imported, ImportFault, Left, Report, to_write
from flows.imports.words import say
from flows.imports.yamlout import flow_yaml
from flows.loader import load
from flows.model import Flow
from flows.phrases import load as phrases
from flows.tables import Tables


def import_rapidpro(data: bytes, *, flow: str = "", agency: str = "", language: str = "en") -> Imported:
    """Make a service of one flow of an export, and parts of the flows that it enters.

    Args:
        data: the export, versions 11 to 14, or the JSON of one flow.
        flow: its name; else the first that no other flow enters.
        agency: whose queue gets the submissions; else the author writes it.
        language: the tag of a base language that the export does not name.

    Raises:
        ImportFault: no export that can be read, flows that enter each other in a ring, or that never wait.
    """
    report = Report()
    graphs = read_export(data, report, language)
    main = _main(graphs, flow)
    order = _parts_first(main, graphs)
    for other in graphs.values():
        if other not in order:
            report.left(other.name, "flow", f"`{main.name}` does not enter it: import it by itself with --flow")
    ids: dict[str, str] = {}
    for graph in order:
        ids[graph.id] = flow_id(graph.name, ids.values())
    makers: dict[str, Maker] = {}
    parts: dict[str, Flow] = {}
    for graph in order:
        maker = makers[graph.id] = Maker(graph, ids, makers, report, is_part=graph is not main)
        maker.make()
        if graph is main and not maker.asked:
            words = f"`{main.name}` asks nothing that can be asked by key press or message"
            raise ImportFault(words, left=report.in_order())
        parts[maker.id] = _without_rings(maker, parts)
    lines = report.in_order()
    files = {ids[graph.id]: _text(makers[graph.id], agency, lines) for graph in reversed(order)}
    return Imported(files, {}, lines)


def _without_rings(maker: Maker, parts: Mapping[str, Flow]) -> Flow:
    """The flow, jumps back given up until the check finds no ring that turns without asking."""
    while True:
        flow = load(_text(maker, "", ()), f"{maker.id}.yaml")
        if not any(roads.rings(Subject(flow, parts, Tables(), phrases()))) or not maker.drop_a_jump():
            return flow


def _main(graphs: Mapping[str, Graph], name: str) -> Graph:
    if name:
        found = next((graph for graph in graphs.values() if name in (graph.name, graph.id)), None)
        if found is None:
            there = ", ".join(graph.name for graph in graphs.values())
            raise ImportFault(f"the export has no flow `{name}`", hint=f"there are: {there}")
        return found
    entered = {one for graph in graphs.values() for one in graph.entered if one != graph.id}
    return next((graph for key, graph in graphs.items() if key not in entered), next(iter(graphs.values())))


def _parts_first(main: Graph, graphs: Mapping[str, Graph]) -> list[Graph]:
    """The flow and those that it enters, each after the ones that it enters itself."""
    done: list[Graph] = []

    def visit(graph: Graph, way: tuple[Graph, ...]) -> None:
        if graph in way:
            ring = " -> ".join(one.name for one in (*way[way.index(graph) :], graph))
            raise ImportFault(f"flows enter each other in a ring: {ring}")
        if graph not in done:
            for entered in graph.entered:
                if entered in graphs:
                    visit(graphs[entered], (*way, graph))
            done.append(graph)

    visit(main, ())
    return done


def _text(maker: Maker, agency: str, lines: Sequence[Left]) -> str:
    languages = list(maker.languages)
    body: dict[str, Any] = {"sala": 1, "id": maker.id}
    if agency and not maker.is_part:
        body["agency"] = agency
    body["title"] = {languages[0]: maker.graph.name[:200]}
    body["languages"] = languages
    if maker.fields:
        body["fields"] = maker.fields
    if maker.computed:
        body["computed"] = maker.computed
    body["steps"] = list(maker.steps)
    if not maker.is_part:
        body["steps"] += [{"confirm": list(maker.asked)}, {"submit": maker.id}, {"end": say("end", languages)}]
    left = [line for line in lines if line.kind == "left"]
    head = [f"Imported from the flow {maker.graph.name} of RapidPro."]
    if not maker.is_part:
        head.append(to_write(agency))
        head += [f"Not carried over ({len(left)}):", *(f"  {line}" for line in left[:MOST_IN_HEAD])] if left else []
    return flow_yaml(body, head)
