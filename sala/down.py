"""What came down from the hub, taken into use: flows, tables, phrases, keys, pauses, users; each is checked first."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import pyrage
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from flows.errors import ConfigFault, Fault
from flows.loader import load
from flows.revision import revise
from sala import users
from sala.config import Config
from sala.editions import EDITIONS, Overlay, Unfit, clean, laid, lay_down, text_of
from sala.services import Material
from sala.watching import look_again
from store.arrivals import Arrival
from store.hub import Parcel
from store.memory import Memory
from sync.hub.consignment import public_key

KINDS: Final = ("revision", "table", "phrases", "pause", "agency", "key", "blocks", "user")
"""What this version knows; what is unknown waits for a newer version."""

_UNKNOWN: Final = "this version does not know what to do with"
HINT: Final = "`sala hub key` at the hub prints it"

_log = structlog.get_logger("hub")


class Down:
    """Takes arrivals into use, in order, each when its time has come."""

    def __init__(self, config: Config, memory: Memory, overlay: Overlay) -> None:
        """Take what is changed by them."""
        self._config = config
        self._memory = memory
        self._overlay = overlay
        self.woken = asyncio.Event()

    async def begin(self) -> None:
        """Put what is in use over the configuration; what an older version did not know is looked at again."""
        for one in await self._memory.arrivals.refused():
            if one.reason.startswith(_UNKNOWN) and one.parcel.kind in KINDS:
                await self._memory.arrivals.try_again(one.parcel)
        lay_down(self._overlay, await self._memory.arrivals.active())
        await self._seal()
        await self._memory.refresh()

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await look_again(self.look, self.woken, "parcels")

    async def look(self) -> int:
        """Take into use what has reached its time; returns how many parcels were looked at."""
        waiting = await self._memory.arrivals.waiting(self._memory.clock.now())
        for one in waiting:
            try:
                await self._use(one.parcel)
            except Fault as fault:
                await self._memory.arrivals.refuse(one.parcel, str(fault)[:500])
                await self._memory.review.tell("down", f"{one.parcel.kind} {one.parcel.name}: {fault}"[:500])
                _log.error("parcel_refused", seq=one.parcel.seq, kind=one.parcel.kind)
            else:
                await self._memory.arrivals.used(one.parcel)
                _log.info("parcel_used", seq=one.parcel.seq, kind=one.parcel.kind)
        if waiting:
            await self._seal()
            await self._memory.refresh()
        return len(waiting)

    async def _use(self, parcel: Parcel) -> None:
        match parcel.kind:
            case "revision":
                await self._revision(parcel)
            case "table" | "phrases":
                kind = EDITIONS[parcel.kind]
                text = text_of(parcel)
                await self._still_clean(laid(self._overlay.material, kind, parcel.name, text))
                self._overlay.lay(kind, parcel.name, text)
            case "pause":
                paused = parcel.body.get("paused") is not False
                await self._memory.library.pause(parcel.name, "hub", paused=paused)
            case "agency":
                _seals(parcel, self._memory.settings.seal_to.get(parcel.name, ()))
            case "key":
                _good_key(parcel)
            case "user":
                await users.receive(self._memory, parcel.name, parcel.body)
            case "blocks":
                return
            case _:
                raise Unfit(f"{_UNKNOWN} {parcel.kind!r}", hint="update Sala on this node")

    async def _revision(self, parcel: Parcel) -> None:
        """Publish a revision that is what it says, and that checks clean with this node's tables and screens."""
        digest, files = str(parcel.body.get("digest")), parcel.body.get("files")
        if not isinstance(files, Mapping):
            raise Unfit("a revision without its files")
        found = await asyncio.to_thread(self._checked, parcel.name, digest, files)
        await self._memory.library.publish(found, digest, files, "hub")

    def _checked(self, name: str, digest: str, files: Mapping[str, str]) -> str:
        flows = [load(text, file) for file, text in files.items()]
        parts = {flow.id: flow for flow in flows[1:]}
        if not flows or flows[0].id != name or revise(flows[0], parts).digest != digest:
            raise Unfit(f"the revision of {name} is not what its name says")
        clean(flows, self._overlay.material, self._overlay.base.node.ussd)
        return flows[0].id

    async def _still_clean(self, changed: Material) -> None:
        """Refuse a table or phrases that a live service cannot work with."""
        catalogue = await self._memory.library.catalogue()
        texts = [catalogue.known[digest].files for digest in catalogue.live.values()]

        def check() -> None:
            for files in texts:
                clean([load(text, file) for file, text in files.items()], changed, self._overlay.base.node.ussd)

        await asyncio.to_thread(check)

    async def _seal(self) -> None:
        """Seal from now on to the keys that came down last, and never to a revoked one."""
        self._memory.seal_to(
            {
                one.parcel.name: _seals(one.parcel, self._memory.settings.seal_to.get(one.parcel.name, ()))
                for one in await self._memory.arrivals.active()
                if one.parcel.kind == "agency"
            }
        )


def _seals(parcel: Parcel, before: Sequence[str]) -> tuple[str, ...]:
    """The keys that bodies for an agency are sealed to, without those that were revoked."""
    given, revoked = parcel.body.get("seal_to"), parcel.body.get("revoked", [])
    keys = tuple(str(one) for one in (before if given is None else given) if one not in revoked)
    if not keys and before and parcel.body.get("open") is not True:
        # Nobody's mistake may turn sealed bodies into open ones.
        raise Unfit(f"nothing would be sealed to {parcel.name} any more", hint="send its new key with the revocation")
    try:
        for key in keys:
            pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise Unfit(f"one of the keys of {parcel.name} is no age public key") from None
    return keys


def _good_key(parcel: Parcel) -> None:
    try:
        public_key(parcel.name)
    except ValueError as fault:
        raise Unfit(str(fault)) from None


def trusted(config: Config, arrivals: Sequence[Arrival]) -> list[Ed25519PublicKey]:
    """The hub's keys: those of the configuration and those that came down, without the revoked."""
    said = {one.parcel.name: one.parcel.body.get("revoked") is True for one in arrivals if one.parcel.kind == "key"}
    named = dict.fromkeys([*config.hub.key, *said])
    return [public_key(name) for name in named if not said.get(name, False)]


async def keys_now(config: Config, memory: Memory) -> list[Ed25519PublicKey]:
    """Which of the hub's keys are good now.

    Raises:
        ConfigFault: the configuration names none.
    """
    if not config.hub.key:
        raise ConfigFault("[hub] key is empty: nothing that comes down can be believed", hint=HINT)
    return trusted(config, await memory.arrivals.active())
