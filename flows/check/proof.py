"""The last rule: a service has tests of its own."""

from collections.abc import Iterator

from flows.check.subject import Subject
from flows.findings import Finding


def proven(subject: Subject) -> Iterator[Finding]:
    """A service has tests, in languages that it speaks."""
    flow = subject.flow
    if flow.is_part:
        return
    if not flow.tests:
        yield subject.error("tests", "`tests` is missing: write at least one walk through the flow")
    for at, test in enumerate(flow.tests):
        if test.language not in flow.languages:
            words = f"the test speaks `{test.language}`, which is not among the `languages` of this flow"
            yield subject.error("tests", words, "tests", at, "language")
