"""Where a compiled step stands in the author's file: which flow, which step, which line."""

from dataclasses import dataclass

from flows.explorer.telling import Told, Verdict
from flows.findings import Finding, Severity
from flows.model import Flow
from flows.program import AskNode, EnterNode, LeaveNode, Node, Program
from flows.revision import Revision


@dataclass(frozen=True, slots=True)
class Spot:
    """A step of a flow by its place in `steps`."""

    flow: str
    index: int


def spot_of(program: Program, node: int) -> Spot:
    """Where a step of the row stands; the silent end of a row is its flow's last step."""
    one: Node = program.nodes[node]
    flow = one.part.flow
    if node == len(program.nodes) - 1:
        return Spot(flow.id, len(flow.steps) - 1)
    if isinstance(one, LeaveNode) and one.part.outer is not None:
        flow = one.part.outer.flow
    elif isinstance(one, EnterNode):
        flow = one.part.flow
    named = flow.step_ids.get(one.name)
    return Spot(flow.id, named if named is not None else int(one.name.split(":")[0]) - 1)


@dataclass(frozen=True, slots=True)
class Atlas:
    """The flows of a revision as they stand now: a walk may have been made before lines moved."""

    revision: Revision

    def flow(self, name: str) -> Flow:
        """The service or one of its parts."""
        return self.revision.flow if name == self.revision.flow.id else self.revision.parts[name]

    def finding(
        self, severity: Severity, code: str, told: Told, spot: Spot, *path: str | int, language: str = ""
    ) -> Finding:
        """A finding on the line of a step, or of a place inside it."""
        flow = self.flow(spot.flow)
        place = ("steps", spot.index, *path)
        line = flow.line(*place, language) if language else flow.line(*place)
        return Verdict(flow.file, line, flow.step_name(spot.index), language, told.english, severity, code, told)

    def outside(self, severity: Severity, code: str, told: Told, flow: str, *path: str | int) -> Finding:
        """A finding on a line outside the steps."""
        one = self.flow(flow)
        return Verdict(one.file, one.line(*path), "", "", told.english, severity, code, told)

    def name(self, spot: Spot) -> str:
        """How a step is called; one of a part with the part's name before it."""
        name = self.flow(spot.flow).step_name(spot.index)
        return name if spot.flow == self.revision.flow.id else f"{spot.flow}/{name}"


def title_of(program: Program, node: int) -> str:
    """What a step is about, in an author's words: the field asked, else its verb."""
    one = program.nodes[node]
    if isinstance(one, AskNode):
        return one.step.ask
    return type(one).__name__.removesuffix("Node").lower()
