"""What the administration is told of keys and of nodes below a hub."""

import hashlib
from dataclasses import replace

from sala.upkeep import _node
from store.hub import NodeState
from sync.signing import fingerprint

HEARD = NodeState("LA-XK-03", 1_000, "e", cloned=False, down=4, said={"version": "0.1.0", "waiting": 3, "oldest": 60})
LIVE = {"birth": "aaaaaaaaaaaabbbb", "farm": "ccccccccccccdddd"}


def test_a_fingerprint_can_be_made_with_any_tool() -> None:
    digits = hashlib.sha256(b"sala key " + b"0123456789012345").hexdigest()
    assert fingerprint(b"0123456789012345").replace(" ", "") == digits[:12]
    assert fingerprint("age1abc") != fingerprint("age1abd")


def test_a_node_below_is_told_as_it_last_said_of_itself() -> None:
    found = _node("LA-XK-03", HEARD, (2, 900), LIVE)
    assert (found.at, found.waiting, found.oldest, found.in_custody, found.custody_since) == (1_000, 3, 60, 2, 900)
    assert (found.behind, found.left, found.clock, found.copies) == ([], -1, "good", 1)


def test_one_that_runs_another_revision_is_named_for_it() -> None:
    said = {
        **HEARD.said,
        "runs": {"birth": "aaaaaaaaaaaa", "farm": "000000000000", "own": "1"},
        "refused": [[7, "why"]],
    }
    found = _node("LA-XK-03", replace(HEARD, said=said), (0, 0), LIVE)
    assert (found.behind, found.refused) == (["farm"], ["7: why"])


def test_one_that_was_never_heard_is_told_so() -> None:
    silent = NodeState("", 0, "", cloned=False, down=0, said={})
    found = _node("LA-XK-04", silent, (0, 0), LIVE)
    assert (found.at, found.version, found.waiting) == (0, "", 0)
