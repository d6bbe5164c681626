"""What the store must be told: where the file lies, whose node it is, and the limits of memory, queue and disk."""

from pathlib import Path
from typing import Annotated

import pyrage
from pydantic import BaseModel, ConfigDict, Field, field_validator

from flows.reference import RANDOM_DIGITS
from store.copying.settings import CopySettings


class FeedbackSettings(BaseModel):
    """The question how a decided request went.

    Attributes:
        on: whether it is asked at all.
        after_hours: hours between the decision and the question; 0, for a demonstration: at the next housework.
        every_days: at most one question a number in so many days.
        answer_days: days for which an answer is taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: bool = True
    after_hours: Annotated[int, Field(ge=0, le=168)] = 24
    every_days: Annotated[int, Field(ge=1, le=365)] = 30
    answer_days: Annotated[int, Field(ge=1, le=30)] = 7


class StoreSettings(BaseModel):
    """The store's own part of the configuration; every key but `data` and `node` has a default.

    Attributes:
        data: folder of the database `sala.db` and of the disk reserve.
        node: this node's unique name, part of every submission's identity.
        district: the place of a submission that names none.
        timezone: of `today` and of the quiet hours.
        most_waiting: key presses that may wait for the writer; beyond it they are refused as `Busy`.
        most_cached: sessions, and people, kept in memory (under 1 KB for the two).
        page_cache_mb: memory for pages of the database; 0: a 32nd of the machine's, at least 32 and at most 256.
        reserve_mb: size of the file that is given up when the disk is full, so that states can still be written.
        free_mb: below this much free space new dialogues are refused (`Moment.full`).
        quiet: local hours, from and to, in which reminders and broadcasts wait.
        silence: seconds without a key press after which an unfinished USSD session gets its `dropped` text.
        settled_days: how long message rows, notes and inbox identities are kept after they are done.
        blocks: leading digits of the references leased to this node; empty: all of them.
        send_by: per channel, the channel that sends its SMS; a channel not named sends its own.
        copying: the second copy, if there is to be one.
        seal_to: per agency, age public keys; bodies of its submissions are sealed to them at intake.
        leased: whether a hub leases references to this node: then only `blocks` and what it leased are used.
        custody: whether this node is a hub and keeps submissions of other nodes.
        feedback: the question how a decided request went.
        two_persons: whether what one person proposes another must approve, and what one does alone be confirmed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Path
    node: str
    district: str = ""
    timezone: str = "Asia/Vientiane"
    most_waiting: Annotated[int, Field(ge=1)] = 5_000
    most_cached: Annotated[int, Field(ge=16)] = 50_000
    page_cache_mb: Annotated[int, Field(ge=0)] = 0
    reserve_mb: Annotated[int, Field(ge=0)] = 16
    free_mb: Annotated[int, Field(ge=0)] = 64
    quiet: tuple[int, int] = (20, 8)
    silence: Annotated[int, Field(ge=1)] = 180
    settled_days: Annotated[int, Field(ge=1)] = 30
    blocks: tuple[str, ...] = ()
    send_by: dict[str, str] = {}
    copying: CopySettings | None = None
    seal_to: dict[str, tuple[str, ...]] = {}
    leased: bool = False
    custody: bool = False
    feedback: FeedbackSettings = FeedbackSettings()
    two_persons: bool = True

    @field_validator("seal_to")
    @classmethod
    def _public_keys(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for agency, keys in value.items():
            for key in keys:
                try:
                    pyrage.x25519.Recipient.from_str(key)
                except pyrage.RecipientError:
                    raise ValueError(f"{agency}: {key[:12]}... is not an age public key (age1...)") from None
        return value

    @field_validator("blocks")
    @classmethod
    def _leading_digits(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(block.isascii() and block.isdigit() and len(block) < RANDOM_DIGITS for block in value):
            raise ValueError("a block is the leading digits of references, at most seven")
        return value
