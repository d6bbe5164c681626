"""Makes the fields and steps of one flow of RapidPro, node by node, each under its condition."""

import re
from collections.abc import Mapping
from typing import Any, Final

from flows.imports.answers import Answer, plain, told_by
from flows.imports.codes import AND, OR, Code, quoted, whole, wrap
from flows.imports.graph import Action, Graph, Node, Router
from flows.imports.names import field_name, flow_id
from flows.imports.order import Order
from flows.imports.plan import Plan, Ways, slug
from flows.imports.report import ImportFault, Report
from flows.imports.shown import with_let
from flows.imports.templates import Template
from flows.imports.xpath import UnreadableError
from flows.imports.yamlout import Formula

LABEL: Final = 40
MOST_STEPS: Final = 280
_ABOUT_PEOPLE: Final = "nothing is written about a person here; her answers travel with the submission"
_LEFT: Final = {
    "set_contact_field": _ABOUT_PEOPLE,
    "set_contact_name": _ABOUT_PEOPLE,
    "set_contact_language": "the channel itself asks for the language",
    "add_contact_groups": _ABOUT_PEOPLE,
    "remove_contact_groups": _ABOUT_PEOPLE,
    "call_webhook": "nothing outside is called while a citizen waits: use a table",
    "call_resthook": "nothing outside is called while a citizen waits: the submission goes to the agency",
    "send_broadcast": "messages to others are not sent from a flow",
    "send_email": "messages to others are not sent from a flow",
    "start_session": "other people's sessions are not begun from a flow",
    "open_ticket": "a request for a person is a submission: `none: officer`",
    "transfer_airtime": "money is not moved by a flow",
    "play_audio": "sound cannot be played",
}


class Maker:
    """One flow in the making.

    Attributes:
        asked: our fields in the order asked, for the check page.
    """

    def __init__(
        self, graph: Graph, ids: Mapping[str, str], makers: Mapping[str, "Maker"], report: Report, *, is_part: bool
    ) -> None:
        """Begin with nothing; `ids` and `makers` are those of the flows that this one may enter."""
        self.graph, self.id, self.is_part = graph, ids[graph.id], is_part
        self.languages = graph.languages
        self.fields: dict[str, dict[str, Any]] = {}
        self.computed: dict[str, Formula] = {}
        self.steps: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.optional: set[str] = set()
        self._ids, self._makers, self._report = ids, makers, report
        self._whens: dict[str, Code | None] = {}
        self._first: dict[str, int] = {}
        self._gotos: list[tuple[dict[str, Any], str, str]] = []
        self._plan = Plan(graph, report, self._enters)
        self._template = Template(self._plan.results, report)
        self._leaps = False

    def make(self) -> None:
        """Make all fields and steps."""
        if not self.graph.nodes:
            raise ImportFault(f"`{self.graph.name}` has no nodes")
        order, ways = self._plan.make()
        self.fields |= {name: {} for name in self._plan.names}
        for key in order.nodes:
            self._whens[key] = self._when(key, order, ways)
            self._node(self.graph.nodes[key], order, ways)
        self._show()
        self._jump()
        if len(self.steps) > MOST_STEPS:
            raise ImportFault(f"`{self.graph.name}` comes to {len(self.steps)} steps: one flow holds {MOST_STEPS}")

    def _enters(self, node: Node) -> bool:
        return any(self._entered(one) is not None for one in node.actions)

    def _entered(self, action: Action) -> "Maker | None":
        made = self._makers.get(action.flow) if action.kind == "enter_flow" else None
        return made if made is not None and made.steps else None

    # conditions

    def _when(self, key: str, order: Order, ways: Ways) -> Code | None:
        anchor = order.anchor(key)
        if anchor is not None:
            return self._whens[anchor]
        leading = [one for one in order.nodes if key in ways[one] and (one, key) not in order.back]
        if not leading:
            return None
        parts = [self._way(self.graph.nodes[one], key) for one in leading]
        codes = [part for part in parts if part is not None]
        if len(codes) < len(parts):
            return None
        codes = list(dict.fromkeys(codes))
        code = codes[0] if len(codes) == 1 else Code(" or ".join(wrap(one, OR) for one in codes), "bool", OR)
        return self._fitting(code, codes, self.graph.nodes[key].place)

    def _fitting(self, code: Code, parts: list[Code], place: str) -> Code | None:
        """The condition, its parts computed under names of their own when it is too long for one expression."""
        try:
            whole(code.source)
        except UnreadableError:
            names: list[str] = []
            for part in parts:
                try:
                    whole(part.source)
                except UnreadableError as error:
                    self._report.left(place, "rules", f"{error}: this is always done")
                    return None
                name = next((one for one, known in self.computed.items() if known == part.source), "")
                if not name:
                    name = field_name("way", {*self.fields, *self.computed})
                    self.computed[name] = Formula(part.source)
                names.append(name)
            return Code(" or ".join(names), "bool", OR if len(names) > 1 else 8)
        return code

    def _way(self, node: Node, to: str) -> Code | None:
        """The condition of going from one node to another; None when it always holds."""
        above, router = self._whens[node.id], node.router
        if router is None or len(self._plan.ways(node)) == 1:
            return above
        answer = self._plan.answers.get(node.id) or self._plan.split(router)
        if answer is None:
            return above
        categories = [
            one.id for one in router.categories if self._plan.there(one.to) == to and one.id != router.timeout
        ]
        told = told_by(answer, router, categories)
        if (
            router.kind == "wait"
            and router.default in categories
            and answer.strict
            and node.id not in self._plan.again.values()
        ):
            return self._unanswered(answer, told, above)
        if told is None:
            return above
        if router.kind == "wait":
            return _guarded(answer.name, told) if self._unsure(answer.name) or above is not None else told
        own = _guarded(answer.name, told) if self._unsure(answer.name) else told
        return own if above is None else Code(f"{wrap(above, AND)} and {wrap(own, AND)}", "bool", AND)

    def _unsure(self, name: str) -> bool:
        """Whether the answer may be missing: not asked on every way, or leapt over by an answer that fits no rule."""
        return self._leaps or name in self.optional or name not in self.asked

    def _unanswered(self, answer: Answer, told: Code | None, above: Code | None) -> Code:
        """The way of an answer that fits no rule: the question was left without one."""
        none = Code(f"not answered({answer.name})", "bool", 3)
        if told is not None and told.source != "False":
            none = Code(f"{none.source} or {wrap(told, OR)}", "bool", OR)
        return none if above is None else Code(f"{wrap(above, AND)} and {wrap(none, AND)}", "bool", AND)

    # steps

    def _node(self, node: Node, order: Order, ways: Ways) -> None:
        when = self._whens[node.id]
        before = len(self.steps)
        for action in node.actions:
            self._action(node, action, when)
        if node.waits and node.router is not None:
            self._ask(node, node.router, when, before, order, ways)
        self._first[node.id] = before if len(self.steps) > before else -1
        for one, to in order.back:
            if one == node.id:
                self._go_back(node, to)

    def _action(self, node: Node, action: Action, when: Code | None) -> None:
        for what in action.also:
            self._report.left(node.place, what, "only the words are shown")
        if action.kind in ("send_msg", "say_msg"):
            if action.texts:
                self.steps.append(_step(when, say=self._template.texts(action.texts, node.place)))
        elif action.kind == "enter_flow":
            self._run(node, action, when)
        elif action.kind == "set_run_result":
            self._set(node, action, when)
        else:
            what = f"{action.kind} {action.name}".strip()
            self._report.left(node.place, what, _LEFT.get(action.kind, "a channel of services has no such thing"))

    def _set(self, node: Node, action: Action, when: Code | None) -> None:
        result = slug(action.name)
        if "@" in action.value or not action.value or result in self._plan.results:
            self._report.left(
                node.place, f"set_run_result {action.name}", "only a fixed value, set once, can be carried over"
            )
            return
        try:
            name = field_name(action.name, {*self.fields, *self.computed})
            source = quoted(action.value)
            self.computed[name] = Formula(whole(source if when is None else f"{source} if {wrap(when, OR)} else None"))
            self._plan.results[result] = name
        except UnreadableError as error:
            self._report.left(node.place, f"set_run_result {action.name}", str(error))

    def _run(self, node: Node, action: Action, when: Code | None) -> None:
        made = self._entered(action)
        if made is None:
            self._report.left(node.place, "enter_flow", "the flow that it enters is not in the export, or asks nothing")
            return
        out: dict[str, str] = {}
        for theirs, body in made.fields.items():
            ours = field_name(theirs, {*self.fields, *self.computed})
            self._plan.results[f"child.{theirs}"] = ours
            optional = when is not None or theirs in made.optional or body.get("optional", False)
            self.fields[ours] = {**body, **({"optional": True} if optional else {})}
            out[ours] = theirs
            self.asked.append(ours)
            if optional:
                self.optional.add(ours)
        step: dict[str, Any] = {"run": made.id}
        if out:
            step["out"] = out
        self.steps.append(_step(when, **step))

    def _ask(
        self,
        node: Node,
        router: Router,
        when: Code | None,
        before: int,
        order: Order,
        ways: Ways,
    ) -> None:
        answer = self._plan.answers[node.id]
        text = self._asked_text(node, before, order, ways)
        label = {tag: _short(words) for tag, words in text.items()}
        if not text:
            words = router.result or answer.name.replace("_", " ")
            text, label = {self.languages[0]: f"{plain(words)}?"}, {self.languages[0]: plain(words)}
            self._report.changed(node.place, words, "no message asks for it: its name is the question")
        self.fields[answer.name] = {"type": answer.body["type"], "label": label, **answer.body}
        step = _step(when, ask=answer.name, text=text)
        error = next((one for one, asked in self._plan.again.items() if asked == node.id), None)
        if error is not None and (said := self.graph.nodes[error].actions):
            step["error"] = self._template.texts(said[-1].texts, node.place)
        default = next((one for one in router.categories if one.id == router.default), None)
        kept = answer.strict and node.id not in self._plan.dropped
        if kept and default is not None and self._plan.there(default.to) and default.to in ways[node.id]:
            self._gotos.append((step, "none", default.to))
            self._leaps = True
            self.optional.add(answer.name)
            self._report.changed(
                node.place, "rules", "an answer that fits no rule is asked for three times before it goes on"
            )
        if when is not None:
            self.optional.add(answer.name)
        self.steps.append(step)
        self.asked.append(answer.name)

    def _asked_text(self, node: Node, before: int, order: Order, ways: Ways) -> dict[str, str]:
        """The last words said before it waits become the question, when they lead nowhere else."""
        own = len(self.steps) > before
        leading = [one for one in order.nodes if node.id in ways[one] and (one, node.id) not in order.back]
        above = self.graph.nodes[leading[0]] if len(leading) == 1 else None
        said = above is not None and above.router is None and self._first.get(above.id, -1) >= 0
        if not own and not said:
            return {}
        if not self.steps or set(self.steps[-1]) - {"when"} != {"say"}:
            return {}
        text: dict[str, str] = self.steps.pop()["say"]
        if above is not None and not own and self._first[above.id] >= len(self.steps):
            self._first[above.id] = len(self.steps)
        return text

    def _go_back(self, node: Node, to: str) -> None:
        if self._first[node.id] >= 0 and self.steps and "say" in self.steps[-1]:
            self._gotos.append((self.steps[-1], "goto", to))
        else:
            self._report.left(node.place, "way back", "its words became the question before it: it goes on")

    def drop_a_jump(self) -> bool:
        """Give up the last jump back, which would turn without asking; False when there is none."""
        step = next((one for one in reversed(self.steps) if "goto" in one), None)
        if step is None:
            return False
        self._report.left(
            self.graph.name, f"way back to {step.pop('goto')}", "it would go round without asking: it goes on"
        )
        return True

    def _show(self) -> None:
        """Values that may not have been asked are shown as nothing; those of a fixed result likewise."""
        asked: set[str] = set()
        for step in self.steps:
            unsure = {*self.optional, *self.computed, *(self.fields.keys() - (set() if self._leaps else asked))}
            made = with_let(step, unsure, {*self.fields, *self.computed})
            if made is not step:
                when = {"when": step.pop("when")} if "when" in step else {}
                made.pop("when", None)
                step.clear()
                step.update({**when, **made})
            asked |= {str(step.get("ask")), *step.get("out", {})}

    def _jump(self) -> None:
        """Give the steps that something goes to their ids."""
        for step, key, to in self._gotos:
            at = self._first.get(to, -1)
            if not 0 <= at < len(self.steps):
                self._report.left(self.graph.nodes[to].place, key, "nothing is said or asked there: it goes on")
                continue
            target = self.steps[at]
            if "id" not in target:
                verb = next(one for one in target if one not in ("when", "let"))
                named = str(target.get("ask") or target.get("run") or f"{verb}-{at + 1}")
                body = {"id": flow_id(named, {str(one.get("id")) for one in self.steps}), **target}
                target.clear()
                target.update(body)
            step[key] = target["id"]
            if key == "goto" and "ask" in target and "when" in target and target["when"] != step.get("when"):
                # The question's whole condition stands in the jump to it, so that the check sees it asked again.
                step["when"] = _both(str(target["when"]), str(step.get("when", "")))


def _both(one: str, other: str) -> Formula:
    parts = [f"({part})" if " or " in part or " if " in part else part for part in (one, other) if part]
    try:
        return Formula(whole(" and ".join(dict.fromkeys(parts))))
    except UnreadableError:
        return Formula(other or one)


def _guarded(name: str, code: Code) -> Code:
    return Code(f"answered({name}) and {wrap(code, AND)}", "bool", AND)


def _step(when: Code | None, **body: Any) -> dict[str, Any]:
    return {**({"when": Formula(when.source)} if when is not None else {}), **body}


def _short(words: str) -> str:
    plain_words = " ".join(re.sub(r"\{[^}]*\}|[{}]", "", words).split()).rstrip(":?") or "?"
    if len(plain_words) <= LABEL:
        return plain_words
    return plain_words[:LABEL].rsplit(" ", 1)[0].rstrip(" ,;:(") + "..."
