"""Finds the ways of a graph that can be kept, the answers that tell them apart, and the order that follows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from flows.imports.answers import Answer, answer_of, bounds, named_categories
from flows.imports.graph import Graph, Node, Router
from flows.imports.names import field_name
from flows.imports.order import Order, in_order, refuse_rings, refuse_traps
from flows.imports.report import ImportFault, Report

Ways = Mapping[str, tuple[str, ...]]


def slug(name: str) -> str:
    """A result's name as RapidPro's expressions write it."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


class Plan:
    """The plan of one flow.

    Attributes:
        names: the fields that answers are kept in. results: our names by slug. answers: by the node that asks.
        again: a node with words for an answer that did not fit -> the node that asks again.
        dropped: nodes whose way for such answers is none, because the field itself asks again.
    """

    def __init__(self, graph: Graph, report: Report, enters: Callable[[Node], bool]) -> None:
        """Begin with nothing; `enters` tells whether a node runs a part that waits."""
        self._graph, self._report, self._enters = graph, report, enters
        self.names: dict[str, None] = {}
        self.results: dict[str, str] = {}
        self.answers: dict[str, Answer] = {}
        self.again: dict[str, str] = {}
        self.dropped: set[str] = set()

    def make(self) -> tuple[Order, Ways]:
        """The nodes that are come to, in order, with a field for each that asks.

        Which ways there are depends on the answers that are kept, and which answers on the ways: it is done again with
        the questions that were come to, until these are the same.
        """
        real, entry = self._report, next(iter(self._graph.nodes))
        asking, seen = {key for key, node in self._graph.nodes.items() if node.waits}, list[set[str]]()
        while asking not in seen:
            seen.append(asking)
            self._report = Report()
            order, _ = self._ordered(entry, asking)
            there = {*order.nodes, *(one for one, asked in self.again.items() if asked in order.nodes)}
            asking = {key for key in there if self._graph.nodes[key].waits}
        if asking != seen[-1]:
            raise ImportFault(f"`{self._graph.name}` keeps two answers under one name: give each question its own")
        self._report = real
        for key, node in self._graph.nodes.items():
            if key not in there:
                self._report.left(node.place, "node", "no way leads here")
        return self._ordered(entry, asking)

    def _ordered(self, entry: str, asking: set[str]) -> tuple[Order, Ways]:
        for known in (self.names, self.results, self.answers, self.again, self.dropped):
            known.clear()
        for key, node in self._graph.nodes.items():
            if key in asking and node.router is not None:
                self._answer(node, node.router)
        ways = {key: self.ways(node) for key, node in self._graph.nodes.items()}
        waiting = {key for key, node in self._graph.nodes.items() if node.waits or self._enters(node)}
        places = {key: node.place for key, node in self._graph.nodes.items()}
        refuse_rings(self._graph.name, ways, waiting, places)
        ways = self._without_jumps(in_order(entry, ways), ways)
        order = in_order(entry, ways)
        refuse_traps(self._graph.name, order.nodes, ways, places)
        return order, ways

    def _without_jumps(self, order: Order, ways: Ways) -> dict[str, tuple[str, ...]]:
        """The ways, those that go back without a word ending instead: only a step that says something can jump."""
        kept = dict(ways)
        for key, to in order.back:
            node = self._graph.nodes[key]
            speaks = node.router is None and any(
                one.kind in ("send_msg", "say_msg") and one.texts for one in node.actions
            )
            if not speaks:
                kept[key] = tuple(dict.fromkeys("" if one == to else one for one in kept[key]))
                self._report.left(
                    node.place, "way back", "without words to say there is no step that goes back: it goes on"
                )
        return kept

    def _answer(self, node: Node, router: Router) -> None:
        result = router.result or f"answer {len(self.answers) + 1}"
        known = self.results.get(slug(result))
        name = field_name(result, self.names)
        if known is not None:
            self._report.changed(node.place, result, f"it is asked a second time, and kept as `{name}`")
        answer = answer_of(name, router, node.place, self._report)
        self.answers[node.id] = answer
        self.results.setdefault(slug(result), name)
        self.names[name] = None
        if router.timeout:
            self._report.left(node.place, "timeout", "nothing happens by itself while a citizen thinks")

    def ways(self, node: Node) -> tuple[str, ...]:
        """Where the node may lead, without the ways that only ask again and those that nothing here can tell apart."""
        router = node.router
        if router is None:
            return (self.there(node.to),)
        ways = {one.id: self.there(one.to) for one in router.categories if one.id != router.timeout}
        if router.kind == "wait":
            answer = self.answers.get(node.id)
            if answer is not None and answer.strict and self._asks_again(node, router, ways.get(router.default, "")):
                self.dropped.add(node.id)
                ways.pop(router.default, None)
                bounds(answer, router)
            return tuple(dict.fromkeys(ways.values())) or ("",)
        if router.kind == "split" and self.split(router):
            return tuple(dict.fromkeys(ways.values())) or ("",)
        return (self._only_way(node, router, ways),)

    def there(self, to: str) -> str:
        """The node, "" when the flow has none of this id."""
        return to if to in self._graph.nodes else ""

    def _asks_again(self, node: Node, router: Router, to: str) -> bool:
        """Whether the way of an answer that fits no rule only leads back to the question, perhaps with some words."""
        if not router.default:
            return False
        if to in self._question(node):
            return True
        retry = self._graph.nodes.get(to) if to else None
        if retry is None or retry.router is not None or retry.to not in self._question(node):
            return False
        if any(one.kind != "send_msg" for one in retry.actions):
            return False
        self.again[to] = node.id
        return True

    def _question(self, node: Node) -> set[str]:
        """The node and the one before it that asks the question."""
        before = [one.id for one in self._graph.nodes.values() if one.router is None and one.to == node.id]
        return {node.id, *(one for one in before if self._graph.nodes[one].actions)}

    def _only_way(self, node: Node, router: Router, ways: Mapping[str, str]) -> str:
        if router.kind == "flow" or self._enters(node):
            complete = {case.category for case in router.cases if "completed" in case.given or "complete" in case.given}
            first = next((ways[one] for one in ways if one in complete), next(iter(ways.values()), ""))
        elif router.type == "random":
            first = next(iter(ways.values()), "")
            self._report.left(node.place, "random", "nothing is left to chance: the first way is taken")
        else:
            first = ways.get(router.default, next(iter(ways.values()), ""))
            what = router.operand or router.type
            self._report.left(node.place, what, "the ways cannot be told apart here: the one for all others is taken")
        if len(set(ways.values())) > 1 and router.kind == "flow":
            self._report.changed(
                node.place, "enter_flow", "it goes on when the part is done; there is no other way out of it"
            )
        return first

    def split(self, router: Router) -> Answer | None:
        """The earlier answer that a split looks at, when its ways can be told apart."""
        found = re.fullmatch(r"@\(?(?:results|flow)\.([A-Za-z0-9_]+)(?:\.(?:category|value|text))?\)?", router.operand)
        name = self.results.get(found[1].lower()) if found else None
        answer = next((one for one in self.answers.values() if one.name == name), None)
        if answer is None or answer.kind not in ("choice", "int", "decimal"):
            return None
        own = self._own(answer, router)
        return own if own.keys or own.tests else None

    def _own(self, answer: Answer, router: Router) -> Answer:
        """The earlier answer as this router's rules tell it apart."""
        if answer.kind != "choice":
            return replace(answer_of(answer.name, router, "", Report()), name=answer.name)
        names: dict[str, str] = {}
        for key, label in answer.body["choices"].items():
            names[key.casefold()] = key
            names |= {words.casefold(): key for words in label.values()}
        return replace(answer, keys=named_categories(router, names), tests={})
