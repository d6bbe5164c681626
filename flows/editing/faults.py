"""Why an edit of a flow file is not made; the file is then as it was."""

from collections.abc import Sequence

from flows.errors import Fault


class EditFault(Fault):
    """The change cannot be made."""

    code = "edit"
    ours = False


class HeldFault(EditFault):
    """Other places of the service need what is to go."""

    def __init__(self, what: str, places: Sequence[str]) -> None:
        """Name what is needed, and each place that needs it, in a sentence."""
        super().__init__(f"{what} is still needed: " + "; ".join(places))
        self.places = tuple(places)
