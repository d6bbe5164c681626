"""The documents know everything there is: commands, settings, error codes, figures."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from flows.errors import Fault
from sala import cli, config
from sala.metrics import METRICS
from store.copying.settings import CopySettings
from store.settings import FeedbackSettings, StoreSettings
from tests.house.tree import ROOT, document, import_all


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")


ALL_COMMANDS = list(commands(typer.main.get_command(cli.app), "sala"))


@pytest.mark.parametrize("path", [path for path, _ in ALL_COMMANDS])
def test_every_command_has_its_line(path: str) -> None:
    assert f"`{path}`" in document("commands.md")


@pytest.mark.parametrize(("path", "command"), ALL_COMMANDS, ids=[path for path, _ in ALL_COMMANDS])
def test_every_command_and_option_has_its_help(path: str, command: Any) -> None:
    assert command.help, path
    assert [option.name for option in command.params if not getattr(option, "help", "")] == []


def test_no_command_is_documented_that_is_not_there() -> None:
    there = {path for path, _ in ALL_COMMANDS}
    written = set(re.findall(r"^\| `(sala [a-z ]+)` \|", document("commands.md"), re.MULTILINE))
    assert written == there


def keys_of(kind: type[BaseModel], *hidden: str) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys_of(inner)
        elif name not in hidden:
            yield name


def plugs(group: str) -> Iterator[type[BaseModel]]:
    for point in entry_points(group=group):
        yield point.load().Settings


SHARED = (
    "data",
    "node",
    "district",
    "timezone",
    "seal_to",
    "copying",
    "copy",
    "channels",
    "agencies",
    "store",
    "tables",
    "leased",
    "custody",
    "two_persons",
    "feedback",
)
MODELS = [
    config.Config,
    StoreSettings,
    FeedbackSettings,
    CopySettings,
    *plugs("sala.ussd_gateways"),
    *plugs("sala.sms_gateways"),
    *plugs("sala.gateways"),
    *plugs("sala.connectors"),
]


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_setting_has_its_line(kind: type[BaseModel]) -> None:
    written = set(re.findall(r"`([a-z_0-9]+)`", document("settings.md")))
    assert [key for key in keys_of(kind, *SHARED) if key not in written] == []


def test_the_example_is_a_configuration() -> None:
    text = config.example_config()
    live = tomllib.loads(text)
    assert config.Config(**live).node == "LA-XK-03"
    uncommented = re.sub(r"^# (\[|[a-z_]+ = )", r"\1", text, flags=re.MULTILINE)
    assert set(config.Config(**tomllib.loads(uncommented)).channels) == {"at"}


def faults(kind: type[Fault]) -> Iterator[type[Fault]]:
    yield kind
    for child in kind.__subclasses__():
        yield from faults(child)


def test_every_error_code_has_its_line() -> None:
    import_all()
    page = document("errors.md")
    ours = [kind for kind in faults(Fault) if not kind.__module__.startswith("tests")]
    assert len(ours) > 10
    assert [f"{kind.__name__} `{kind.code}`" for kind in ours if f"| `{kind.code}` |" not in page] == []


def test_every_figure_has_its_line() -> None:
    page = document("metrics.md")
    assert [name for name in METRICS if f"| `{name}` |" not in page] == []
    assert set(re.findall(r"^\| `(sala_[a-z_]+)` \|", page, re.MULTILINE)) == set(METRICS)


PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Any) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [re.split(r"[>=;\[ ]", line)[0] for line in project["dependencies"]]
    page = document("decisions.md")
    rows = " ".join(re.findall(r"^\| ([a-z0-9., -]+) \|", page, re.MULTILINE))
    assert [name for name in named if not re.search(rf"\b{re.escape(name)}\b", rows)] == []
