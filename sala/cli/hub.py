"""`sala hub ...` at a hub, and `sala down ...`: what a hub sends down to its nodes, by link or on a stick."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config, table

hub = typer.Typer(help="A hub: the nodes that deliver to it, and what is sent down to them.", no_args_is_help=True)
down = typer.Typer(help="What comes down from a hub, in a file; and what came down to this node.", no_args_is_help=True)
FOUND = 1

Node = Annotated[str, typer.Argument(metavar="NODE", help="The node's name, such as LA-XK-03.")]
OneNode = Annotated[str, typer.Option("--node", help="Only this node; default all.", show_default=False)]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The file on the stick.")]


@hub.command()
def enrol(
    node: Node,
    url: Annotated[str, typer.Option(help="Where the node will reach this hub.", show_default=False)] = "",
    config: ConfigFile = None,
) -> None:
    """Give a node its secret and its references, and print the tables for both configurations."""
    from sala import hub as hubs

    print(hubs.enrol(read_config(config), node, url))


@hub.command()
def nodes(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """Show each node: when it was heard, what waits there and here, and how it is."""
    from sala import hub as hubs

    _print(hubs.nodes(read_config(config)), form, "no node is enrolled")


@hub.command()
def copies(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """Show the second copies of nodes that this hub keeps; only the escrow key opens them."""
    from sala import hub as hubs

    _print(hubs.copies(read_config(config)), form, "no node has brought a copy")


@hub.command()
def key(config: ConfigFile = None) -> None:
    """Print the key that nodes check what comes down with."""
    from sala import hub as hubs

    print(hubs.key(read_config(config)))


@hub.command()
def send(
    kind: Annotated[
        str,
        typer.Argument(
            help="revision, table, phrases, pause, resume, user, agency (whom to seal to), key or revoke (a hub's key)."
        ),
    ],
    subject: Annotated[
        str, typer.Argument(help="The flow file or folder; or the table, language, flow, user, agency or key.")
    ],
    file: Annotated[
        Path | None,
        typer.Argument(help="The table's CSV, the phrases' TOML, or a TOML with the agency's seal_to and revoked."),
    ] = None,
    node: OneNode = "",
    active_from: Annotated[
        str, typer.Option("--from", help="When it takes effect, such as 2027-01-01T00:00+07:00; default now.")
    ] = "",
    config: ConfigFile = None,
) -> None:
    """Send something down to all nodes or one; it is checked here first."""
    from sala import hub as hubs

    print("\n".join(hubs.send(read_config(config), kind, subject, file, node, active_from)))


@down.command()
def write(file: File, node: OneNode = "", config: ConfigFile = None) -> None:
    """At a hub: write what its nodes have not read yet into one file, signed, and sealed for each."""
    from sala import hub as hubs

    print(hubs.write(read_config(config), file, node))


@down.command()
def read(file: File, config: ConfigFile = None) -> None:
    """At a node: read such a file; it is refused as a whole unless it is the hub's own word to this node."""
    from sala import branch

    print(branch.read(read_config(config), file))


@down.command()
def status(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """At a node: show what came down, and what became of it."""
    from sala import branch

    rows = branch.status(read_config(config))
    _print(rows, form, "nothing has come down")
    if any(row["state"] == "refused" for row in rows):
        raise typer.Exit(FOUND)


def _print(rows: list[dict[str, object]], form: Form, nothing: str) -> None:
    if form is Form.JSON:
        import orjson

        print(orjson.dumps(rows).decode())
        return
    print(table(list(rows[0]), [list(row.values()) for row in rows]) if rows else nothing)
