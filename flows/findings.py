"""What is wrong with a flow file: one finding, one line, one sentence that says what to do."""

from dataclasses import dataclass
from typing import Literal

from flows.errors import Fault

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        line: from 1. step: the id of the step, or its number, verb and name; "" outside the steps.
        language: the tag, when only one language is meant. code: stable, documented in docs/flow-format.md.
    """

    file: str
    line: int
    step: str
    language: str
    sentence: str
    severity: Severity = "error"
    code: str = "structure"

    def __str__(self) -> str:
        """`file:line step language sentence`, as `sala flow check` prints it."""
        mark = "warning: " if self.severity == "warning" else ""
        parts = (f"{self.file}:{self.line}", self.step, self.language, mark + self.sentence)
        return " ".join(part for part in parts if part)


class FlowFault(Fault):
    """The flow file cannot be used."""

    code = "flow"
    ours = False

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        """Take all findings; the message shows every one, a line each."""
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings
