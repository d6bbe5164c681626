"""`sala user ...`: who may sign in at the desk."""

from typing import Annotated

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config, table

app = typer.Typer(help="Who may sign in at the desk.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name, as she types it.")]


@app.command()
def add(
    name: Name,
    role: Annotated[
        list[str], typer.Option(help="admin, approver, translator, officer, agency or auditor; may be repeated.")
    ],
    district: Annotated[
        list[str], typer.Option(help="Code of a district or a province, * for all; may be repeated.")
    ] = [],  # noqa: B006 - typer's manner; it is never changed
    agency: Annotated[list[str], typer.Option(help="An agency, * for all; may be repeated. Default: all.")] = ["*"],  # noqa: B006 - likewise
    shown: Annotated[str, typer.Option(help="The name that others read.")] = "",
    subject: Annotated[str, typer.Option(help="Her name at the ministry's own sign-in, if there is one.")] = "",
    config: ConfigFile = None,
) -> None:
    """Make an account; its first password is printed, and must be changed at the first sign-in."""
    from sala import users
    from store.scope import Scope

    scope = Scope(tuple(district), tuple(agency))
    print(f"password: {users.add(read_config(config), name, role, scope, shown, subject)}")


@app.command()
def reset(name: Name, config: ConfigFile = None) -> None:
    """Give a new password, sign the user out everywhere, and end the second factor."""
    from sala import users

    print(f"password: {users.reset(read_config(config), name)}")


@app.command("list")
def list_(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List the accounts with what each may do."""
    from sala import users

    rows = users.everybody(read_config(config))
    if form is Form.JSON:
        import orjson

        print(orjson.dumps(rows).decode())
        return
    print(table(list(rows[0]), [list(row.values()) for row in rows]) if rows else "no user yet")
