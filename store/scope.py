"""Whose requests somebody may see: the districts and agencies of an account, as conditions inside every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

ALL: Final = "*"
_DELIVERED: Final = "delivery sd JOIN word sw ON sw.id = sd.agency WHERE sd.seq = r.latest"


@dataclass(frozen=True, slots=True)
class Scope:
    """Districts (p-codes; LA09 holds LA0901) and agencies; `*` is all of them. Empty is none: default deny."""

    districts: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()

    @property
    def everywhere(self) -> bool:
        """Whether no district is closed."""
        return ALL in self.districts

    @property
    def every_agency(self) -> bool:
        """Whether no agency is closed."""
        return ALL in self.agencies

    def holds(self, place: str) -> bool:
        """Whether a request of this place is inside; one without a place belongs to those who see everywhere."""
        return self.everywhere or any(place.startswith(one) for one in self.districts if one)

    def serves(self, agency: str) -> bool:
        """Whether this agency is inside."""
        return self.every_agency or agency in self.agencies

    def covers(self, other: "Scope") -> bool:
        """Whether everything that `other` may see is inside."""
        return all(one != ALL or self.everywhere for one in other.districts) and (
            all(self.holds(one) for one in other.districts) and all(self.serves(one) for one in other.agencies)
        )

    def condition(self) -> tuple[str, list[Any]]:
        """A condition on the request `r`, and its values; never empty, and false for an empty scope."""
        clauses, values = ["1 = 1"], []
        if not self.everywhere:
            pairs = [(one, after(one)) for one in self.districts if one]
            clauses.append(f"({' OR '.join(['(r.place >= ? AND r.place < ?)'] * len(pairs)) or '1 = 0'})")
            values += [bound for pair in pairs for bound in pair]
        if not self.every_agency:
            served = marks(self.agencies)
            clauses.append(f"EXISTS (SELECT 1 FROM {_DELIVERED} AND sw.text IN ({served}))")  # noqa: S608 - placeholders
            values += self.agencies
        return " AND ".join(clauses), values


EVERYTHING: Final = Scope((ALL,), (ALL,))
"""For commands, which are run by whoever owns the machine."""


def marks(values: Sequence[Any]) -> str:
    """As many placeholders as there are values; `NULL`, which equals nothing, for none."""
    return ", ".join("?" * len(values)) or "NULL"


def after(prefix: str) -> str:
    """The first text behind all that begin with `prefix`; p-codes are of capital letters and digits."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
