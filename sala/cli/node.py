"""Commands about a whole node: demo, serve, doctor, prove, example."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config

FOUND = 1


def add_to(app: typer.Typer) -> None:
    """Hang these commands at the top, next to the groups."""
    for command in (demo, serve, doctor, prove, example):
        app.command()(command)


def demo(
    port: Annotated[int, typer.Option(help="Where the phone, the desk and the door are.", min=1, max=65_534)] = 8080,
    data: Annotated[Path, typer.Option(help="Where the demonstration keeps its databases.")] = Path("sala-demo"),
    *,
    filled: Annotated[bool, typer.Option("--filled", help="Let invented people come into the reports.")] = False,
) -> None:
    """Run the whole channel on this machine: door, desk, phone and reference agency."""
    from sala import demo as demonstration

    demonstration.run(port, data, filled=filled)


def serve(
    config: ConfigFile = None,
    only: Annotated[
        str, typer.Option(help="Comma-separated: ussd, sms, sync, console; default all.", show_default=False)
    ] = "",
) -> None:
    """Run a node until Ctrl-C or SIGTERM."""
    from sala import app

    app.serve(read_config(config), app.rooms(only))


def doctor(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """Look at this installation and say what is wrong or doubtful."""
    from sala import doctor as doctors

    findings = doctors.examine(config)
    print(doctors.as_json(findings) if form is Form.JSON else doctors.as_text(findings))
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(FOUND)


def prove(
    reference: Annotated[str, typer.Argument(metavar="REF", help="The nine digits that the citizen keeps.")],
    config: ConfigFile = None,
    form: FormOption = Form.TEXT,
) -> None:
    """Show one request from key press to the agency's signed answer."""
    from sala import prove as proofs

    if form is Form.JSON:
        import orjson

        trail = orjson.dumps(proofs.as_values(read_config(config), reference)).decode()
        print(trail)
    else:
        trail = proofs.prove(read_config(config), reference)
        print(trail or "no request has this reference")
    if trail in {"", "[]"}:
        raise typer.Exit(FOUND)


def example() -> None:
    """Print a configuration to begin with."""
    from sala.config import example_config

    print(example_config(), end="")
