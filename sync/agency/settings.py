"""The reference agency's own configuration, `agency.toml`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class AgencySettings(BaseModel):
    """Every key has a default: `sala agency serve` works without a file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="Agency", description="shown at the top of the page")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8081, ge=0, le=65_535, description="port to listen on")
    data: Path = Field(default=Path("sala-agency"), description="folder of the database and its key (0600)")
    public_url: str = Field(default="", description="the address that nodes and browsers use, when it differs")
    languages: list[Literal["lo", "en"]] = Field(default=["lo", "en"], min_length=1, description="of the page")
    password: SecretStr = Field(default=SecretStr(""), description="for the page; empty: drawn and printed at start")
    max_batch: int = Field(default=200, ge=1, le=1000, description="records that it takes in one request")
    page_size: int = Field(default=50, ge=5, le=500, description="requests on one page of the list")
