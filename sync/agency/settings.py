"""The reference agency's own configuration, `agency.toml`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MessageSettings(BaseModel):
    """`[bearer]`: how the agency gets and sends SMS; any gateway that speaks HTTP with names and values will do."""

    model_config = ConfigDict(extra="forbid")

    secret: SecretStr = Field(min_length=16, description="in the path that its SMS gateway calls: /bearer/SECRET/sms")
    send_url: str = Field(
        pattern=r"^https?://\S+$", description="where messages are handed over, such as Kannel's sendsms"
    )
    send_method: Literal["GET", "POST"] = Field(
        default="POST", description="names and values in the query or as a form"
    )
    send_fields: dict[str, str] = Field(default={}, description="sent with every message: an account, a sender")
    send_headers: dict[str, str] = Field(default={}, description="headers of every message, such as an API key")
    to_field: str = Field(default="to", description="the name of the number")
    text_field: str = Field(default="text", description="the name of the text, in both directions")
    from_field: str = Field(default="from", description="the name of the sender's number in what the gateway brings")
    patience: int = Field(default=20, ge=0, le=3600, description="seconds that an answer waits for more to be said")


class AgencySettings(BaseModel):
    """Every key has a default: `sala agency serve` works without a file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="Agency", description="shown at the top of the page")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8081, ge=0, le=65_535, description="port to listen on")
    data: Path = Field(default=Path("sala-agency"), description="folder of the database and its key (0600)")
    public_url: str = Field(default="", description="the address that nodes and browsers use, when it differs")
    languages: list[Literal["lo", "en"]] = Field(default=["lo", "en"], min_length=1, description="of the page")
    password: SecretStr = Field(
        default=SecretStr(""), description="for the page until there are clerks; empty: drawn and printed at start"
    )
    flows: list[Path] = Field(default=[], description="folders of services beyond the starter ones, for their labels")
    max_batch: int = Field(default=200, ge=1, le=1000, description="records that it takes in one request")
    page_size: int = Field(default=50, ge=5, le=500, description="requests on one page of the list")
    bearer: MessageSettings | None = Field(default=None, description="the SMS bearer; without it there is none")
