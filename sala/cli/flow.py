"""`sala flow ...`: check a service, try it, publish it, take it back."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from sala.cli import exporting, importing, publishing, texts
from sala.cli.options import ConfigFile, Form, FormOption, read_config, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.findings import Finding

app = typer.Typer(help="Check, try and publish services.", no_args_is_help=True)
app.add_typer(importing.app, name="import")
app.add_typer(exporting.app, name="export")
app.add_typer(texts.app, name="texts")
publishing.add_to(app)
FOUND = 1


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Flow files, or folders of them.")],
    config: ConfigFile = None,
    form: FormOption = Form.TEXT,
    *,
    paths_too: Annotated[
        bool, typer.Option("--paths", help="Also walk every way through them: what happens, and what it costs.")
    ] = False,
    tariff: Annotated[
        list[str] | None, typer.Option(help="With --paths: NAME:SMS:SESSION[:BLOCK/SECONDS][:CURRENCY].")
    ] = None,
) -> None:
    """Say everything that is wrong with services, one line each: file:line step language sentence."""
    if paths_too:
        from sala.cli import flow_paths

        raise typer.Exit(flow_paths.print_paths(paths, config, form, tariff or ()))
    findings = _findings(paths, config)
    print(_as_json(findings) if form is Form.JSON else _as_text(findings))
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(FOUND)


@app.command()
def storyboard(
    path: Annotated[Path, typer.Argument(help="The file of one service.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the page; FILE.svg: only the map.")] = Path(
        "storyboard.html"
    ),
    language: Annotated[str, typer.Option(help="Of what we say around the screens: en or lo.")] = "en",
    config: ConfigFile = None,
    tariff: Annotated[list[str] | None, typer.Option(help="NAME:SMS:SESSION[:BLOCK/SECONDS][:CURRENCY].")] = None,
) -> None:
    """Draw every screen of a service in all its languages on one page, to print and talk about."""
    from sala.cli import flow_paths

    print(flow_paths.write_storyboard(path, out, config, tariff or (), language))


@app.command()
def poster(
    path: Annotated[Path, typer.Argument(help="The file of one service.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the page.")] = Path("poster.html"),
    district: Annotated[str, typer.Option(help="Name this district's office, its hours and papers (LA0901).")] = "",
    short: Annotated[str, typer.Option(help="The number that messages are sent to.")] = "1999",
    config: ConfigFile = None,
) -> None:
    """Make a sheet of A5 for each language: the code, the keyword, an example message, what to have ready."""
    from sala.cli import flow_paths

    print(flow_paths.write_poster(path, out, config, district, short))


@app.command()
def voice(
    path: Annotated[Path, typer.Argument(help="The file of one service.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write it: .csv or .json.")] = Path("voice.csv"),
    config: ConfigFile = None,
) -> None:
    """Write the spoken form of a service, one recording a line, to hand over to a voice line."""
    from sala.cli import flow_paths

    print(flow_paths.write_voice(path, out, config))


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A flow file, a published service's id, or a digest's first digits.")],
    new: Annotated[str, typer.Argument(help="The same, for what it is to become.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write a page with the screens to here.")] = None,
    language: Annotated[str, typer.Option(help="The reader's: en or lo.")] = "en",
    config: ConfigFile = None,
    form: FormOption = Form.TEXT,
) -> None:
    """Say in sentences what changes between two revisions of a service; 1 when something does."""
    from sala.cli import flow_paths

    changes = flow_paths.differences(old, new, config, language)
    if form is Form.JSON:
        import dataclasses

        import orjson

        print(orjson.dumps([dataclasses.asdict(one) for one in changes]).decode())
    else:
        print("\n".join(one.sentence for one in changes) or "nothing changes")
    if out is not None:
        typer.echo(flow_paths.write_difference(old, new, out, config, language), err=True)
    if changes:
        raise typer.Exit(FOUND)


@app.command("try")
def try_(
    path: Annotated[Path, typer.Argument(help="A flow file, or a folder of them for the whole front menu.")],
    channel: Annotated[str, typer.Option(help="ussd or sms.")] = "ussd",
    language: Annotated[str, typer.Option(help="Begin in this language; default: the language screen.")] = "",
    record: Annotated[Path | None, typer.Option(help="Write the conversation to this file.")] = None,
    play: Annotated[Path | None, typer.Option(help="Play this conversation and compare.")] = None,
    config: ConfigFile = None,
) -> None:
    """Be the phone, in this terminal."""
    from sala import player

    if not player.run(path, channel=channel, language=language, record=record, play=play, config=config):
        raise typer.Exit(FOUND)


@app.command("list")
def list_(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List what is published, the live revision of each service first."""
    from sala import services

    chosen = read_config(config)
    rows = services.published(chosen)
    if form is Form.JSON:
        import orjson

        print(orjson.dumps(rows).decode())
        return
    zone = ZoneInfo(chosen.timezone)
    told = [{**row, "published": f"{datetime.fromtimestamp(row['published'], zone):%Y-%m-%d %H:%M}"} for row in rows]
    print(table(("service", "state", "revision", "published"), [list(row.values()) for row in told]))


def _findings(paths: "Sequence[Path]", config: Path | None) -> "list[Finding]":
    """What the check says, and what this node gave to other services, where there is one.

    Files that cannot be read are refused before tables, configuration or database are looked at.
    """
    from flows.findings import FlowFault
    from sala import author

    try:
        flows = author.read(paths)
    except FlowFault as fault:
        return list(fault.findings)
    found = author.check_all(flows, author.material(config))
    if author.has_node(config):
        from sala import drafting

        found += drafting.taken(read_config(config), flows)
    return found


def _as_text(findings: "Sequence[Finding]") -> str:
    errors = sum(finding.severity == "error" for finding in findings)
    return "\n".join([*map(str, findings), f"{errors} errors, {len(findings) - errors} warnings"])


def _as_json(findings: "Sequence[Finding]") -> str:
    import dataclasses

    import orjson

    return orjson.dumps([dataclasses.asdict(finding) for finding in findings]).decode()
