"""The `[agencies.<id>.bearer]` block of a node's configuration."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class BearerSettings(BaseModel):
    """When and how requests go to one agency by SMS. The keys come from the enrolment secret: nothing to exchange."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] = Field(description="of the agency's modem, +856...")
    channel: str = Field(description="the channel of this node that carries the messages")
    own_number: str = Field(
        default="", pattern=r"^(\+[1-9][0-9]{6,14})?$", description="where answers go; empty: to the sender they see"
    )
    after: int = Field(default=600, ge=0, le=86_400, description="seconds without a link before messages are sent")
    repeat: int = Field(default=1800, ge=60, le=86_400, description="seconds without an answer before one is repeated")
    ask_every: int = Field(default=21_600, ge=600, le=7 * 86_400, description="seconds between questions for statuses")
    per_hour: int = Field(default=60, ge=1, le=3600, description="messages in an hour at most")
    most_parts: int = Field(
        default=3, ge=1, le=16, description="messages of one request; a longer one waits for a link"
    )
