"""What changes between two revisions of a service, in sentences that the person who approves it can judge.

Pure: two revisions in, sentences and pairs of screens out. Whatever changes the digest has a sentence.
"""

from flows.difference.changes import Change, Group, difference
from flows.difference.matching import matched
from flows.difference.page import page
from flows.difference.screens import Pair, screens

__all__ = ["Change", "Group", "Pair", "difference", "matched", "page", "screens"]
