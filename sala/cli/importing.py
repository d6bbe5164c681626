"""`sala flow import ...`: forms and flows of other systems as flow files, and a line for what did not come over."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sala.cli.options import Form, FormOption
from sala.reading import read_file

if TYPE_CHECKING:
    from flows.imports import Imported

app = typer.Typer(help="Make flow files of what other systems have.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(metavar="FILE", help="The file to import.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write the service here, parts and tables beside it.")]
Agency = Annotated[str, typer.Option(help="Whose queue gets the submissions.")]


@app.command()
def xlsform(
    file: Source,
    out: Out = None,
    agency: Agency = "",
    repeats: Annotated[int, typer.Option(min=1, max=10, help="How often a repeat is gone through.")] = 3,
    language: Annotated[
        list[str] | None, typer.Option(help="A tag for texts without one, or `name in the form=tag`.")
    ] = None,
    form: FormOption = Form.TEXT,
) -> None:
    """Make a flow of an XLSForm (.xlsx, or .xls with the extra `xls`)."""
    from flows.imports import import_xlsform

    given = language or []
    named = {name: tag for name, _, tag in (one.rpartition("=") for one in given) if name}
    plain = next((one for one in given if "=" not in one), "en")
    data = read_file(file)
    made = import_xlsform(data, name=file.stem, agency=agency, repeats=repeats, language=plain, languages=named)
    _give(made, out, form)


@app.command()
def rapidpro(
    file: Source,
    out: Out = None,
    agency: Agency = "",
    flow: Annotated[str, typer.Option(help="The flow's name; else the first that no other enters.")] = "",
    language: Annotated[str, typer.Option(help="The tag of a base language that the export does not name.")] = "en",
    form: FormOption = Form.TEXT,
) -> None:
    """Make a service of a flow that RapidPro or TextIt exported (versions 11 to 14)."""
    from flows.imports import import_rapidpro

    _give(import_rapidpro(read_file(file), flow=flow, agency=agency, language=language), out, form)


def _give(made: "Imported", out: Path | None, form: Form) -> None:
    """Write the files, or print the service; then what did not come over, and what the check says."""
    import dataclasses

    import orjson

    main, *_ = made.files
    written = _written(made, out) if out is not None else []
    findings = made.findings()
    if form is Form.JSON:
        lines = [dataclasses.asdict(one) for one in made.left]
        body = {"files": dict(made.files), "tables": dict(made.tables), "left": lines}
        print(orjson.dumps(body | {"findings": [dataclasses.asdict(one) for one in findings]}).decode())
        return
    if out is None:
        print(made.files[main])
    for line in (*(f"wrote {path}" for path in written), *(f"{one.kind}: {one}" for one in made.left), *findings):
        typer.echo(line, err=out is None)


def _written(made: "Imported", out: Path) -> list[Path]:
    main, *parts = made.files
    bodies = {out: made.files[main]}
    bodies |= {out.with_name(f"{name}.yaml"): made.files[name] for name in parts}
    bodies |= {out.with_name(f"{name}.csv"): text for name, text in made.tables.items()}
    for path, text in bodies.items():
        path.write_text(text, "utf-8")
    return list(bodies)
