"""`sala flow export ...`: what flow files say of services, in forms that machines and data-protection officers read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
def processing(paths: Paths) -> None:
    """Print the record of processing, and what a data-protection assessment must answer."""
    from flows.published import processing as record
    from sala import services

    flows = _flows(paths)
    _print(record(flows, services.parts_for(flows)))


def _flows(paths: list[Path]) -> "list[Flow]":
    from sala import services

    return services.read(paths)


def _schemas(flows: "list[Flow]") -> dict[str, dict[str, Any]]:
    from flows.revision import revise
    from sala import services
    from sala.schema import answers_schema

    parts = services.parts_for(flows)
    return {flow.id: answers_schema(revise(flow, parts)) for flow in flows if not flow.is_part}


def _print(body: object) -> None:
    import orjson

    print(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())
