"""The last rule: a service has tests of its own, and they pass."""

from collections.abc import Iterator

from flows.check.conversation import run_tests
from flows.check.subject import Subject
from flows.errors import Fault
from flows.findings import Finding
from flows.revision import revise


def present(subject: Subject) -> Iterator[Finding]:
    """A service has tests, in languages that it speaks."""
    flow = subject.flow
    if flow.is_part:
        return
    if not flow.tests:
        yield subject.error("tests", "`tests` is missing: write at least one walk through the flow", "id")
    for at, test in enumerate(flow.tests):
        if test.language not in flow.languages:
            words = f"the test speaks `{test.language}`, which is not among the `languages` of this flow"
            yield subject.error("tests", words, "tests", at, "language")


def passing(subject: Subject) -> list[Finding]:
    """The tests pass; asked only of a flow that is sound otherwise."""
    if subject.flow.is_part:
        return []
    try:
        return run_tests(revise(subject.flow, subject.parts), subject.tables, subject.phrases)
    except Fault as fault:
        return [subject.error("tests", f"the tests cannot be run: {fault}", "tests")]
