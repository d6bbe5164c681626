"""The command `sala`: each command's module is small, and loads the rooms only when the command runs."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from flows.errors import Fault
from sala.cli import agency as _agency
from sala.cli import bundle as _bundle
from sala.cli import case as _case
from sala.cli import copy as _copy
from sala.cli import db as _db
from sala.cli import editions as _editions
from sala.cli import flow as _flow
from sala.cli import gateway as _gateway
from sala.cli import hub as _hub
from sala.cli import node as _node
from sala.cli import outlines as _outlines
from sala.cli import review as _review
from sala.cli import sync as _sync
from sala.cli import user as _user

OK, COULD_NOT = 0, 2

app = typer.Typer(
    name="sala",
    help="Public services over USSD and SMS, through networks that come and go.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_node.add_to(app)
app.add_typer(_flow.app, name="flow")
app.add_typer(_editions.tables, name="table")
app.add_typer(_editions.phrases, name="phrases")
app.add_typer(_gateway.app, name="gateway")
app.add_typer(_sync.app, name="sync")
app.add_typer(_review.app, name="review")
app.add_typer(_bundle.app, name="bundle")
app.add_typer(_agency.app, name="agency")
app.add_typer(_db.app, name="db")
app.add_typer(_copy.app, name="copy")
app.add_typer(_case.app, name="case")
app.add_typer(_user.app, name="user")
app.add_typer(_outlines.app, name="outlines")
app.add_typer(_hub.hub, name="hub")
app.add_typer(_hub.down, name="down")


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's manner of calling back
    if wanted:
        from importlib.metadata import version

        print(version("sala-channel"))
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Public services over USSD and SMS, through networks that come and go."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0: done. 1: it found problems. 2: it could not; one clear line stands on standard error."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else OK
    except Fault as fault:
        print(f"error [{fault.code}] {fault}", file=sys.stderr)
        if fault.hint:
            print(f"  {fault.hint}", file=sys.stderr)
        return COULD_NOT
    except OSError as fault:
        # A folder that cannot be made, a medium that was pulled out: the operator's to mend, and no mistake of ours.
        print(f"error [files] {fault.filename or 'a file'}: {fault.strerror or fault}", file=sys.stderr)
        return COULD_NOT
    finally:
        if "sala.log" in sys.modules:
            sys.modules["sala.log"].stop()
    return OK
