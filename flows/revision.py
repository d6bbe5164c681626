"""A published flow: immutable, with the parts that it runs, named by the digest of both."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson
from pydantic import BaseModel

from flows.bounds import DateBound
from flows.expressions import Expression
from flows.fields import Text
from flows.findings import Finding, FlowFault
from flows.model import Flow
from flows.steps import Run


@dataclass(frozen=True)
class Revision:
    """A flow as citizens meet it.

    Attributes:
        parts: every flow that this one runs, also through another, by id.
        digest: `sha256:` and 64 hex digits, of the flow's and its parts' meaning; comments do not count.
        source: the author's YAML text; `part_sources` likewise.
    """

    flow: Flow
    parts: Mapping[str, Flow]
    digest: str
    source: str

    @property
    def part_sources(self) -> Mapping[str, str]:
        """The parts' YAML texts, by id."""
        return {name: part.source for name, part in self.parts.items()}

    @cached_property
    def sensitive(self) -> bool:
        """Whether a field, of the flow or of a part, is sensitive: then nothing names it without the case key."""
        return any(flow.sensitive for flow in (self.flow, *self.parts.values()))


def revise(flow: Flow, parts: Mapping[str, Flow]) -> Revision:
    """Bind a flow to the parts it runs; raises `FlowFault` when one is missing or a flow runs itself."""
    used: dict[str, Flow] = {}
    findings: list[Finding] = []
    _collect(flow, parts, used, (flow.id,), findings)
    if findings:
        raise FlowFault(tuple(findings))
    ordered = dict(sorted(used.items()))
    return Revision(flow, ordered, digest(flow, ordered), flow.source)


def digest(flow: Flow, parts: Mapping[str, Flow]) -> str:
    """The name of a revision: sha256 over canonical JSON of the flow and, by id, of the parts it runs."""
    body = {"flow": _canonical(flow), "parts": {name: _canonical(part) for name, part in parts.items()}}
    return "sha256:" + hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def run_faults(flow: Flow, parts: Mapping[str, Flow]) -> list[Finding]:
    """What is wrong with the flows that this one runs: missing, not a part, or running in a ring."""
    findings: list[Finding] = []
    _collect(flow, parts, {}, (flow.id,), findings)
    return findings


def _collect(
    flow: Flow, parts: Mapping[str, Flow], used: dict[str, Flow], way: tuple[str, ...], findings: list[Finding]
) -> None:
    for index, step in enumerate(flow.steps):
        if not isinstance(step, Run):
            continue
        part = parts.get(step.run)
        words = _fault(step.run, part, way)
        if words:
            findings.append(
                Finding(flow.file, flow.line("steps", index, "run"), flow.step_name(index), "", words, "error", "run")
            )
        elif part is not None and step.run not in used:
            used[step.run] = part
            _collect(part, parts, used, (*way, step.run), findings)


def _fault(name: str, part: Flow | None, way: tuple[str, ...]) -> str:
    if name in way:
        return f"`{name}` runs itself: {' -> '.join((*way, name))}"
    if part is None:
        return f"there is no flow `{name}` to run"
    if not part.is_part:
        return f"`{name}` is a service of its own: a flow that is run has no notice, entry, submit or end"
    return ""


def _canonical(value: Any) -> Any:
    """Plain JSON in which the order that an author chose counts, and a key left at its default does not stand.

    So a new optional key in a later version of the program changes no digest.
    """
    if isinstance(value, Text):
        return {tag: _canonical(words) for tag, words in value.root.items()}
    if isinstance(value, BaseModel):
        return _canonical_model(value)
    if isinstance(value, Mapping):
        return [[key, _canonical(one)] for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value]
    if isinstance(value, Expression | DateBound):
        return value.source
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | float) else value


def _canonical_model(model: BaseModel) -> dict[str, Any]:
    members = type(model).model_fields
    kept = {
        info.alias or name: getattr(model, name)
        for name, info in members.items()
        if info.is_required() or getattr(model, name) != info.get_default(call_default_factory=True)
    }
    return {name: _canonical(value) for name, value in (kept | (model.__pydantic_extra__ or {})).items()}
