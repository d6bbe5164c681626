"""`sala agency ...`: the reference agency, which an office without a system of its own can use as it is."""

from pathlib import Path
from typing import Annotated

import typer

FOUND = 1
app = typer.Typer(help="The reference agency.", no_args_is_help=True)
user = typer.Typer(help="The clerks who work at its page.", no_args_is_help=True)
app.add_typer(user, name="user")

AgencyFile = Annotated[
    Path | None, typer.Option("--config", help="The agency's configuration; default ./agency.toml.", show_default=False)
]
Data = Annotated[
    Path | None, typer.Option(help="Where the agency keeps its database; default ./sala-agency.", show_default=False)
]


@app.command()
def serve(
    config: AgencyFile = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen at; default 8081.", min=1, max=65_535, show_default=False)
    ] = None,
    data: Data = None,
) -> None:
    """Run the reference agency until Ctrl-C or SIGTERM."""
    from sala import agency

    agency.serve(config, port, data)


@app.command()
def enrol(
    node: Annotated[str, typer.Argument(metavar="NODE", help="The node's name, such as LA-XK-03; or NODE/AGENCY.")],
    config: AgencyFile = None,
    data: Data = None,
    url: Annotated[str, typer.Option(help="Where the node will reach this agency.")] = "http://127.0.0.1:8081",
    *,
    hub: Annotated[bool, typer.Option("--hub", help="It is a hub, which delivers for other nodes.")] = False,
) -> None:
    """Give a node its own secret, and print the block for its sala.toml."""
    from sala import agency

    print(agency.enrol(config, data, node, url, hub=hub))


@app.command()
def keys(
    config: AgencyFile = None,
    data: Data = None,
    *,
    new: Annotated[bool, typer.Option("--new", help="Draw a further key; the older ones go on opening.")] = False,
    officer: Annotated[
        Path | None, typer.Option(help="Write a key pair for a district's officers to this file instead.")
    ] = None,
) -> None:
    """Print the public key that nodes seal bodies to."""
    from sala import agency

    print(agency.officer_key(officer) if officer else "\n".join(agency.keys(config, data, draw=new)))


Name = Annotated[str, typer.Argument(metavar="NAME", help="The clerk's name, as she signs in.")]


@user.command("add")
def add(name: Name, config: AgencyFile = None, data: Data = None) -> None:
    """Let a clerk in, and print her password; from the first clerk on, the office's one password opens nothing."""
    from sala import agency

    print(f"{name}  password: {agency.add_clerk(config, data, name, new=True)}")


@user.command("reset")
def reset(name: Name, config: AgencyFile = None, data: Data = None) -> None:
    """Give a clerk another password, and print it; her sessions end."""
    from sala import agency

    print(f"{name}  password: {agency.add_clerk(config, data, name, new=False)}")


@user.command("close")
def close(name: Name, config: AgencyFile = None, data: Data = None) -> None:
    """Let a clerk in no more; what she did keeps her name."""
    from sala import agency

    agency.close_clerk(config, data, name)
    print(f"{name} is closed")


@user.command("list")
def list_(config: AgencyFile = None, data: Data = None) -> None:
    """List the clerks."""
    from sala import agency
    from sala.cli.options import table

    rows = agency.clerk_rows(config, data)
    print(
        table(("name", "state", "password set"), rows)
        if rows
        else "no clerks: the office's one password opens the page"
    )


@app.command("bundles")
def bundles(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder on the stick.", exists=True, file_okay=False)],
    config: AgencyFile = None,
    data: Data = None,
) -> None:
    """Take the nodes' bundles from a stick, and write receipts with decisions beside them."""
    from sala import agency

    lines, problems = agency.read_bundles(config, data, folder)
    print("\n".join(lines) or "no bundle for this agency is here")
    if problems or not lines:
        raise typer.Exit(FOUND)
