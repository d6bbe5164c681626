"""`sala flow export ...`: what services are and what they collected, for machines and data-protection officers."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sala.cli.options import ConfigFile, read_config

if TYPE_CHECKING:
    from flows.model import Flow

app = typer.Typer(help="Say what services are, for machines.", no_args_is_help=True)

Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Flow files, or folders of them.")]


@app.command()
def schema(paths: Paths) -> None:
    """Print the JSON Schema (2020-12) of each service's answers, by its id."""
    _print(_schemas(_flows(paths)))


@app.command()
def cpsv(paths: Paths, country: Annotated[str, typer.Option(help="Where the services are offered.")] = "LA") -> None:
    """Print the catalogue of the services as CPSV-AP 3 (JSON-LD)."""
    from flows.published import catalogue

    _print(catalogue(_flows(paths), country))


@app.command()
def asyncapi(paths: Paths) -> None:
    """Print the events between node and agencies as AsyncAPI 3."""
    from flows.published import asyncapi as document

    _print(document(_schemas(_flows(paths))))


@app.command()
def openapi() -> None:
    """Print what a machine may ask of a node as OpenAPI 3.1; a node shows the same at `/openapi.json`."""
    from sala.openapi import DOCUMENT

    _print(DOCUMENT)


@app.command()
def processing(
    paths: Paths,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it as a page to read and complete.")] = None,
    language: Annotated[str, typer.Option(help="Of that page: en or lo.")] = "en",
) -> None:
    """Print the record of processing, and what a data-protection assessment must answer."""
    from flows.published import processing as record
    from flows.published.record import page
    from sala import author

    flows = _flows(paths)
    parts = author.parts_for(flows)
    if out is None:
        _print(record(flows, parts))
        return
    out.write_text(page(flows, parts, language), "utf-8")
    print(f"{out}: print it from a browser, and write what no file can say")


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], show_default=False, help="A day, 2026-11-01.")]


@app.command()
def results(  # noqa: PLR0913 - a command's options are its arguments
    service: Annotated[str, typer.Argument(metavar="ID", help="The service.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new folder for the package.")],
    config: ConfigFile = None,
    *,
    since: Day = None,
    until: Day = None,
    district: Annotated[str, typer.Option(help="Only requests of this place: LA0901, or LA09 for the province.")] = "",
    agency: Annotated[str, typer.Option(help="Only what went to this agency.")] = "",
    language: Annotated[str, typer.Option(help="Of the labels.")] = "en",
    reason: Annotated[str, typer.Option(help="Why numbers or sensitive answers are needed; kept with your name.")] = "",
    numbers: Annotated[bool, typer.Option("--numbers", help="Phone numbers as they are; needs --reason.")] = False,
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Sensitive answers too; needs --reason.")] = False,
    spreadsheet: Annotated[bool, typer.Option("--csv", help="Also as responses.csv, for a spreadsheet.")] = False,
) -> None:
    """Write what a service collected as a flow-results package; each export stands in the audit chain."""
    from sala.results import Asked, export

    first, last = since.date() if since else None, until.date() if until else None
    asked = Asked(service, first, last, district, agency, numbers, sensitive, reason, spreadsheet, language)
    print(export(read_config(config), asked, out))


def _flows(paths: list[Path]) -> "list[Flow]":
    from sala import author

    return author.read(paths)


def _schemas(flows: "list[Flow]") -> dict[str, dict[str, Any]]:
    from flows.revision import revise
    from sala import author
    from sala.schema import answers_schema

    parts = author.parts_for(flows)
    return {flow.id: answers_schema(revise(flow, parts)) for flow in flows if not flow.is_part}


def _print(body: object) -> None:
    import orjson

    print(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())
