"""`sala review ...`: what agencies refused, for an officer to put right or to withdraw; and the inbox."""

from pathlib import Path
from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config, table

app = typer.Typer(help="Requests that an agency refused, and the officer's inbox.", no_args_is_help=True)
FOUND = 1

Reference = Annotated[str, typer.Argument(metavar="REF", help="The nine digits that the citizen keeps.")]
AgencyOption = Annotated[str, typer.Option("--agency", help="Only this agency.", show_default=False)]
Key = Annotated[
    Path | None, typer.Option("--key", help="An officer's secret key, for a sealed body.", show_default=False)
]
Note = Annotated[str, typer.Option("--note", help="A word for the trail; the citizen does not see it.")]


@app.command("list")
def list_(agency: AgencyOption = "", config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List what waits for an officer, oldest first; 1 when something does."""
    from sala import review

    rows = review.tasks(read_config(config), agency)
    if form is Form.JSON:
        import orjson

        print(orjson.dumps(rows).decode())
    else:
        print(table(list(rows[0]), [list(row.values()) for row in rows]) if rows else "nothing waits for an officer")
    if rows:
        raise typer.Exit(FOUND)


@app.command()
def show(reference: Reference, agency: AgencyOption = "", key: Key = None, config: ConfigFile = None) -> None:
    """Show one request with its answers, and why the agency refused it."""
    from flows.reference import format_reference
    from sala import review

    found = review.look(read_config(config), reference, agency, key)
    for one in found:
        task = one.task
        print(f"{format_reference(task.reference)}  {task.service}, revision {task.case_revision}")
        print(f"  {task.agency} since {one.since}: {one.why}")
        if one.sealed:
            print("  the body is sealed or gone: give --key, or let the citizen correct it")
        for name, label, value in one.answers:
            print(f"  {'*' if name in task.fields else ' '} {name}: {value}  ({label})")
    if not found:
        print("nothing of this request waits for an officer")
        raise typer.Exit(FOUND)


@app.command()
def amend(
    reference: Reference,
    correction: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE", help="As the citizen would answer it.")],
    agency: AgencyOption = "",
    note: Note = "",
    key: Key = None,
    config: ConfigFile = None,
) -> None:
    """Put answers right and send the case again, as its next revision."""
    from sala import review

    print(review.amend(read_config(config), reference, correction, agency=agency, note=note, key=key))


@app.command()
def withdraw(reference: Reference, agency: AgencyOption = "", note: Note = "", config: ConfigFile = None) -> None:
    """End a request that cannot be put right; the citizen is told and may send it anew."""
    from sala import review

    print(review.withdraw(read_config(config), reference, agency=agency, note=note))


@app.command()
def inbox(
    done: Annotated[int, typer.Option(help="This line is dealt with; its number is forgotten.", min=0)] = 0,
    config: ConfigFile = None,
) -> None:
    """Show messages that nobody could place, calls for help, and services that failed."""
    from sala import review

    rows = review.inbox(read_config(config), done)
    print(table(list(rows[0]), [list(row.values()) for row in rows]) if rows else "the inbox is empty")
