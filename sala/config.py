"""The configuration: `sala.toml` under `SALA_...__...` variables, checked wholly, handed to the rooms as values."""

import os
import re
import tomllib
import warnings
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from flows.errors import ConfigFault
from flows.toml_lines import line_of
from sms.relaying import Settings as Relaying
from store.copying.settings import CopySettings
from store.settings import FeedbackSettings, StoreSettings
from sync.hub.consignment import public_key
from sync.signing import key_of

PREFIX = "SALA_"
Model = TypeVar("Model", bound=BaseModel)
DEFAULT_FILE = "sala.toml"
NODE_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"


class Part(BaseModel):
    """A table of the configuration: typos are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Door(Part):
    """An address to listen at."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    public_url: str = ""
    proxies: tuple[str, ...] = ()


class Oidc(Part):
    """The ministry's own sign-in for the desk (OpenID Connect)."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    issuer: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr
    claim: str = "sub"


class Console(Part):
    """The desk's address; the same as the gateways' door for a demonstration."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8081
    public_url: str = ""
    phone: bool = False
    oidc: Oidc | None = None


class Log(Part):
    """What is logged to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Plug(BaseModel):
    """A channel or an agency: the name of its gateway or connector, and the keys which that one declares."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def keys(self) -> dict[str, Any]:
        """The keys for the gateway's or connector's own `Settings`."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Any:
        """Show no value: some are secrets and only the gateway knows which."""
        return [(name, "...") for name in self.model_extra or ()]


class Channel(Plug):
    """One configured gateway to an operator or aggregator."""

    gateway: str


class Agency(Plug):
    """One configured connector to an agency."""

    connector: str


# The table is called [copy], and so is a method that pydantic itself has given up for `model_copy`.
warnings.filterwarnings("ignore", message='Field name "copy" in "Config" shadows')


class Enrolled(Part):
    """A node that delivers to this hub: its secret, or both while they are being exchanged."""

    secret: SecretStr | tuple[SecretStr, ...]

    @field_validator("secret")
    @classmethod
    def _good(cls, value: SecretStr | tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        secrets = value if isinstance(value, tuple) else (value,)
        for one in secrets:
            key_of(one.get_secret_value())
        return secrets


class Sync(Part):
    """What the road costs, for `sala sync status`."""

    price_per_mb: Annotated[Decimal, Field(ge=0)] = Decimal(0)


class Routing(Part):
    """Which channel sends."""

    send_by: Mapping[str, str] = {}
    failover: bool = True


class HubTable(Part):
    """The hub that this node delivers to; or, with `nodes`, the nodes that deliver to this one."""

    url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    secret: SecretStr = SecretStr("")
    key: tuple[str, ...] | str = ()
    agencies: tuple[str, ...] = ()
    seal_to: Mapping[str, tuple[str, ...]] = {}
    copies_mb: Annotated[int, Field(ge=0)] = 2048
    nodes: Mapping[str, Enrolled] = {}

    @field_validator("key")
    @classmethod
    def _keys(cls, value: tuple[str, ...] | str) -> tuple[str, ...]:
        keys = (value,) if isinstance(value, str) else value
        for one in keys:
            public_key(one)
        return keys

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.url:
            key_of(self.secret.get_secret_value())
        elif self.agencies:
            raise ValueError("agencies go through a hub, and no url says where it is")
        if self.url and self.nodes:
            raise ValueError("a hub has no hub above it: give url, or nodes")
        return self


class Config(BaseSettings):
    """Everything a node may be told. Every key but `node` has a default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    node: Annotated[str, Field(pattern=f"^{NODE_NAME}$")]
    stage: Literal["demo", "staging", "live"] = "staging"
    district: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,12}$")] = ""
    data: Path = Path("./sala-data")
    database: str = ""
    key_source: str = ""
    languages: Annotated[tuple[str, ...], Field(min_length=1)] = ("lo", "en")
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "LA"
    timezone: str = "Asia/Vientiane"
    services: tuple[Path, ...] = (Path("flows/library"),)
    contact: Annotated[str, Field(max_length=60)] = "1503"
    tables: Mapping[str, Path] = {}
    http: Door = Door()
    console: Console = Console()
    log: Log = Log()
    sync: Sync = Sync()
    store: Mapping[str, Any] = {}
    copy: CopySettings | None = None  # type: ignore[assignment] # see above
    routing: Routing = Routing()
    relay: Mapping[str, Relaying] = {}
    channels: Mapping[str, Channel] = {}
    agencies: Mapping[str, Agency] = {}
    hub: HubTable = HubTable()
    feedback: FeedbackSettings = FeedbackSettings()

    @property
    def file(self) -> Path:
        """Where it was read from."""
        return self._file

    # The file and its text, so that a mistake found later can still name its line.
    _file: Path = PrivateAttr(default=Path(DEFAULT_FILE))
    _text: str = PrivateAttr(default="")

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError) as missing:
            raise ValueError("no such time zone; for example Asia/Vientiane") from missing
        return value

    @field_validator("key_source")
    @classmethod
    def _a_source(cls, value: str) -> str:
        if value and value.partition(":")[0] not in {"file", "command", "env"}:
            raise ValueError("write file:PATH, command:... or env:NAME, or leave it empty")
        return value

    @field_validator("channels", "agencies")
    @classmethod
    def _names(cls, value: Mapping[str, Plug]) -> Mapping[str, Plug]:
        for name in value:
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
                raise ValueError(f"the name {name!r} must be of a-z, 0-9, - and _")
        return value

    @model_validator(mode="after")
    def _only_sqlite_yet(self) -> Self:
        if self.database:
            raise ValueError("database: this version stores in SQLite only; leave it empty")
        return self

    @model_validator(mode="after")
    def _a_hub_for_the_copy(self) -> Self:
        if self.copy and self.copy.hub and not self.hub.url:
            raise ValueError("copy.hub: this node has no hub; [hub] url names one")
        return self

    @model_validator(mode="after")
    def _no_phone_where_citizens_call(self) -> Self:
        if self.stage == "live" and self.console.phone:
            raise ValueError("console.phone: a live node has no phone page; leave it off, or set another stage")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables lie over the file, whose content arrives as arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load(path: Path | None = None, *, over: Mapping[str, Any] | None = None) -> Config:
    """The configuration in `path` (default `./sala.toml`, which may be missing when variables give `node`).

    `over` lies over the file and under the variables. Relative paths in the file count from the file's folder.

    Raises:
        ConfigFault: one sentence that names key, file and line.
    """
    file = path or Path(DEFAULT_FILE)
    text = _read(file, must_exist=path is not None)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise ConfigFault(f"{file}: not TOML: {broken}", hint="mend the line; text values stand in quotes") from broken
    try:
        config = Config(**{**content, **(over or {})})
    except ValidationError as wrong:
        raise _first_mistake(wrong, file, text) from wrong
    except SettingsError as wrong:
        raise ConfigFault(f"a {PREFIX} variable cannot be read: {wrong}", hint="lists and tables are JSON") from wrong
    rooted = _rooted(config, file.resolve().parent)
    rooted._file, rooted._text = file, text  # noqa: SLF001 - our own, set once here
    store_settings(rooted)
    return rooted


def parsed(kind: type[Model], values: Mapping[str, Any], config: Config, *where: str) -> Model:
    """A room's own `Settings` from the values of the tables `where`.

    Raises:
        ConfigFault: one sentence that names key, file and line.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as wrong:
        raise _first_mistake(wrong, config._file, config._text, *where) from None  # noqa: SLF001 - our own


def mistake(config: Config, where: tuple[str, ...], said: str, kind: str = "value_error") -> ConfigFault:
    """The fault that says `said` of the key `where`."""
    return fault_of({"loc": (), "type": kind, "msg": said}, where, config._file, config._text)  # noqa: SLF001 - our own


def store_settings(config: Config) -> StoreSettings:
    """What the store must be told: its own `[store]` table, and what it shares with the rest of the node."""
    shared = {
        "data": config.data,
        "node": config.node,
        "district": config.district,
        "timezone": config.timezone,
        "copying": config.copy,
        "feedback": config.feedback,
        "seal_to": {name: tuple(agency.keys().get("seal_to", ())) for name, agency in config.agencies.items()}
        | dict(config.hub.seal_to),
        "leased": bool(config.hub.url or config.hub.nodes),
        "custody": bool(config.hub.nodes),
        "two_persons": config.stage == "live",
    }
    for key in shared.keys() & config.store.keys():
        raise mistake(config, ("store", key), "", "extra_forbidden")
    return parsed(StoreSettings, {**config.store, **shared}, config, "store")


def _read(file: Path, *, must_exist: bool) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError as missing:
        if must_exist or f"{PREFIX}NODE" not in os.environ:
            hint = f"`sala example > {DEFAULT_FILE}` writes one to begin with, or give --config FILE"
            raise ConfigFault(f"{file}: no such file", hint=hint) from missing
        return ""
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ConfigFault(f"{file}: cannot be read ({unreadable})", hint="it must be a UTF-8 file") from unreadable


def _rooted(config: Config, root: Path) -> Config:
    """The same with paths that no longer depend on the working directory."""
    services = tuple(_service_path(path, root) for path in config.services)
    tables = {name: root / path for name, path in config.tables.items()}
    copying = config.copy and config.copy.rooted(root, root / config.data)
    return config.model_copy(
        update={"data": root / config.data, "services": services, "tables": tables, "copy": copying}
    )


def _service_path(path: Path, root: Path) -> Path:
    # The starter services travel with the package: `flows/library` means them wherever there is no such folder.
    local = root / path
    packaged = Path(__file__).resolve().parent.parent / path
    return packaged if not local.exists() and packaged.exists() else local


_MISTAKES = {
    "missing": "is missing",
    "extra_forbidden": "is not a setting",
}
_HINTS = {
    "missing": "write it into the file, or set the variable {variable}",
    "extra_forbidden": "look for a typo; docs/settings.md lists every key",
}


def fault_of(error: Mapping[str, Any], where: tuple[str, ...], file: Path, text: str) -> ConfigFault:
    """One sentence for one of pydantic's errors, `where` being the tables above it."""
    location = (*where, *(str(part) for part in error["loc"]))
    key = ".".join(location)
    line = line_of(text, location)
    variable = PREFIX + "__".join(location).upper()
    # Variables lie over the file, so one that is set is the one to blame.
    place = variable if variable in os.environ else f"{file}:{line}" if line else str(file)
    said = _MISTAKES.get(error["type"], error["msg"].removeprefix("Value error, "))
    hint = _HINTS.get(error["type"], "docs/settings.md says what it may be").format(variable=variable)
    return ConfigFault(f"{place}: {key}: {said}" if key else f"{place}: {said}", hint=hint)


def _first_mistake(wrong: ValidationError, file: Path, text: str, *where: str) -> ConfigFault:
    mistakes = wrong.errors(include_url=False, include_input=False, include_context=False)
    # A misspelt key also leaves the right one missing: the typo is the better news.
    mistakes.sort(key=lambda mistake: mistake["type"] != "extra_forbidden")
    return fault_of(mistakes[0], where, file, text)


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """The `SALA_...` variables that set nothing, sorted."""
    known = {PREFIX + name.upper() for name in Config.model_fields}
    return sorted(
        name for name in environment if name.upper().startswith(PREFIX) and name.upper().partition("__")[0] not in known
    )


def example_config() -> str:
    """A configuration to begin with: every key with its default, and a channel and an agency to fill in."""
    return (Path(__file__).parent / "example.toml").read_text("utf-8")
