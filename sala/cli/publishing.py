"""`sala flow publish|propose|approve|...`: from a draft to what citizens meet, and back."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sala.cli.options import ConfigFile, Form, FormOption, read_config, table

if TYPE_CHECKING:
    from store.draft_values import Kind


class What(StrEnum):
    """What a name names."""

    FLOW = "flow"
    TABLE = "table"
    PHRASES = "phrases"


class Step(StrEnum):
    """What may be done with a draft as a whole."""

    UNDO = "undo"
    REDO = "redo"
    DISCARD = "discard"


By = Annotated[str, typer.Option(help="Who does this: a person's name; default this machine's account.")]
Note = Annotated[str, typer.Option(help="What changes and why, for who reads it later.")]
Why = Annotated[str, typer.Option("--note", help="Why.")]
Name = Annotated[str, typer.Argument(metavar="ID", help="The service; a table or language with --kind.")]
KindOption = Annotated[What, typer.Option("--kind", help="What ID names: flow, table or phrases.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, as `sala flow proposals` shows it.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the group `sala flow`."""
    commands: list[Callable[..., None]] = [publish, pause, rollback, history, codes]
    commands += [propose, proposals, approve, refuse, confirm]
    commands += [draft, drafts, comment, comments, waive, waivers, trial, trials]
    for command in commands:
        app.command()(command)


def print_lines(lines: Iterable[str]) -> None:
    """One a line."""
    for line in lines:
        print(line)


def print_rows(rows: Sequence[dict[str, Any]], form: Form, empty: str) -> None:
    """As columns or as JSON; `empty` when there is nothing."""
    if form is Form.JSON:
        import orjson

        print(orjson.dumps(rows).decode())
    else:
        print(table(tuple(rows[0]), [list(row.values()) for row in rows]) if rows else empty)


def _kind(what: What) -> "Kind":
    match what:
        case What.FLOW:
            return "flow"
        case What.TABLE:
            return "table"
        case What.PHRASES:
            return "phrases"


# --- what is live ----------------------------------------------------------------------------------------------------


def publish(
    path: Annotated[Path, typer.Argument(help="A flow file, or a folder of them.")],
    note: Note = "",
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Check and publish; a running node shows it to new sessions within 2 seconds. On a live node: propose."""
    from sala import deciding

    print_lines(deciding.publish(read_config(config), path, by=by, note=note))


def pause(
    service: Annotated[str, typer.Argument(metavar="ID", help="The service.")],
    say: Annotated[
        list[str] | None, typer.Option(help="What citizens read meanwhile: LANGUAGE=TEXT; once for each language.")
    ] = None,
    note: Why = "",
    by: By = "",
    config: ConfigFile = None,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Take new requests again.")] = False,
) -> None:
    """Take no new requests for a service; what is begun may be finished."""
    from sala import deciding

    print_lines(deciding.pause(read_config(config), service, paused=not resume, said=say or (), by=by, note=note))


def rollback(
    service: Name,
    to: Annotated[str, typer.Option(help="A version's number or its digest's first digits; default the last.")] = "",
    kind: KindOption = What.FLOW,
    note: Why = "",
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Make the revision before the live one live again."""
    from sala import deciding

    print_lines(deciding.rollback(read_config(config), service, kind=_kind(kind), to=to, by=by, note=note))


def history(service: Name, kind: KindOption = What.FLOW, config: ConfigFile = None) -> None:
    """Show every version that was live, with who, when and why; then what happened to the draft."""
    from sala import drafting

    print_lines(drafting.history(read_config(config), service, _kind(kind)))


def codes(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List every menu number, code and keyword that citizens were given; none is given to another service."""
    from sala import drafting

    print_rows(drafting.codes(read_config(config)), form, "none was given out")


# --- proposals -------------------------------------------------------------------------------------------------------


def propose(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A draft by its ID, or a flow file or folder.")],
    note: Note,
    since: Annotated[str, typer.Option("--from", help="When it takes effect, such as 2027-01-01T00:00.")] = "",
    kind: KindOption = What.FLOW,
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Propose a draft or a file; another person approves it."""
    from sala import deciding

    print_lines(deciding.propose(read_config(config), what, kind=_kind(kind), by=by, note=note, since=since))


def proposals(
    number: Annotated[int, typer.Argument(metavar="[NUMBER]", help="One of them, with what it changes.")] = 0,
    config: ConfigFile = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also what is decided.")] = False,
) -> None:
    """Show what waits for a second person or for its time; with a number what that one changes."""
    from sala import deciding

    chosen = read_config(config)
    print_lines(deciding.review(chosen, number) if number else deciding.waiting(chosen, everything=everything))


def approve(number: Number, note: Note = "", by: By = "", config: ConfigFile = None) -> None:
    """Say yes to a proposal, as another person than who proposed it; it is live at once, or at its time."""
    from sala import deciding

    print_lines(deciding.approve(read_config(config), number, by=by, note=note))


def refuse(number: Number, note: Why, by: By = "", config: ConfigFile = None) -> None:
    """Say no to a proposal, or call back one that waits for its time."""
    from sala import deciding

    print_lines(deciding.refuse(read_config(config), number, by=by, note=note))


def confirm(
    number: Number,
    note: Why = "",
    by: By = "",
    config: ConfigFile = None,
    *,
    no: Annotated[bool, typer.Option("--no", help="It was not right; the note says why.")] = False,
) -> None:
    """Confirm, as another person, a pause or a rollback that one person did alone."""
    from sala import deciding

    print_lines(deciding.confirm(read_config(config), number, by=by, note=note, no=no))


# --- drafts ----------------------------------------------------------------------------------------------------------


def draft(
    service: Name,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Keep this file as the draft.")] = None,
    version: Annotated[
        int | None, typer.Option(help="Only if the draft is still at this version.", show_default=False)
    ] = None,
    kind: KindOption = What.FLOW,
    note: Note = "",
    by: By = "",
    config: ConfigFile = None,
    step: Annotated[
        Step | None, typer.Option("--do", help="undo goes back by one save, redo takes that back, discard gives it up.")
    ] = None,
) -> None:
    """Print the draft (where none is open, what is live), keep a file as the draft, or undo and redo."""
    from sala import drafting

    chosen, of = read_config(config), _kind(kind)
    if step is not None:
        print_lines(drafting.step(chosen, service, step.value, kind=of, by=by))
    elif file is not None:
        from sala.reading import read_text

        print_lines(drafting.save(chosen, service, read_text(file), kind=of, by=by, note=note, version=version))
    else:
        print(drafting.text_of(chosen, service, of), end="")


def drafts(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List the drafts that are open."""
    from sala import drafting

    print_rows(drafting.drafts(read_config(config)), form, "no draft is open")


def comment(
    service: Name,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What there is to say.")],
    at: Annotated[str, typer.Option("--step", help="The step that it is about; default the whole.")] = "",
    kind: KindOption = What.FLOW,
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Say something of a draft, or of one of its steps."""
    from sala import drafting

    print_lines(drafting.comment(read_config(config), service, text, at=at, by=by, kind=_kind(kind)))


def comments(
    service: Name,
    done: Annotated[int, typer.Option(help="Settle the comment of this number.")] = 0,
    kind: KindOption = What.FLOW,
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Show what was said of a draft."""
    from sala import drafting

    print_lines(drafting.comments(read_config(config), service, done=done, by=by, kind=_kind(kind)))


# --- words and trials ------------------------------------------------------------------------------------------------


def waive(
    until: Annotated[str, typer.Option(help="When it ends by itself, such as 2026-12-31; at most 90 days.")],
    by: Annotated[str, typer.Option(help="The person who answers for it.")],
    note: Why,
    service: Annotated[str, typer.Option(help="Only this service.")] = "",
    language: Annotated[str, typer.Option(help="Only this language.")] = "",
    config: ConfigFile = None,
) -> None:
    """Let words that nobody has reviewed go live on a live node, for a stated time."""
    from sala import trying

    print_lines(trying.waive(read_config(config), service=service, language=language, until=until, by=by, note=note))


def waivers(
    end: Annotated[int, typer.Option(help="End the waiver of this number now.")] = 0,
    by: By = "",
    config: ConfigFile = None,
) -> None:
    """Show what was let through, by whom and until when."""
    from sala import trying

    print_lines(trying.waivers(read_config(config), end=end, by=by))


def trial(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A draft by its ID, or a flow file.")],
    number: Annotated[
        list[str] | None, typer.Option(help="Who gets it: +85620..., or NAME=+85620...; once for each.")
    ] = None,
    days: Annotated[int, typer.Option(help="For how many days; at most 30.")] = 7,
    by: By = "",
    config: ConfigFile = None,
    *,
    stop: Annotated[bool, typer.Option("--stop", help="Everybody gets what is live again.")] = False,
) -> None:
    """Give a draft to listed numbers on the real code; what they send goes to no agency."""
    from sala import trying

    chosen = read_config(config)
    print_lines(
        trying.stop_trial(chosen, what) if stop else trying.start_trial(chosen, what, number or (), days=days, by=by)
    )


def trials(config: ConfigFile = None, form: FormOption = Form.TEXT) -> None:
    """List who tries what; the numbers themselves are not kept."""
    from sala import trying

    print_rows(trying.trials(read_config(config)), form, "nobody tries anything")
