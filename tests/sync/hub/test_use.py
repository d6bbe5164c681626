"""Parcels taken into use by a real node: checked first, at their time, reported when they cannot be used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.loader import load
from flows.revision import revise
from sala import services
from sala.config import Config
from sala.down import Down, trusted
from sala.editions import Overlay
from sala.publishing import Publishing
from sala.pulse import Pulse
from store.hub import Parcel
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from sync.hub.consignment import public_key, written
from tests.store.conftest import KEY

FLOW = services.LIBRARY / "feedback.yaml"
CONFIG = Config(node="LA-XK-03", services=(FLOW,))


@pytest.fixture(scope="module")
def prepared() -> services.Prepared:
    return services.prepare(CONFIG, ())


class Branch:
    """A node under a hub, without its network."""

    def __init__(self, memory: Memory, overlay: Overlay, down: Down) -> None:
        self.memory, self.overlay, self.down = memory, overlay, down
        self._seq = 0

    async def send(self, kind: str, name: str, body: dict[str, Any], active_from: int = 0) -> tuple[str, str]:
        """Let it arrive and look; its state and the reason."""
        self._seq += 1
        await self.memory.arrivals.take([Parcel(self._seq, kind, name, active_from, body)], self._seq)
        await self.down.look()
        arrived = {one.parcel.seq: one for one in await self.memory.arrivals.list()}
        return arrived[self._seq].state, arrived[self._seq].reason


@asynccontextmanager
async def branch(folder: Path, prepared: services.Prepared, **settings: Any) -> AsyncIterator[Branch]:
    overlay = Overlay.over(prepared)
    given = StoreSettings(data=folder, node="LA-XK-03", reserve_mb=0, free_mb=0, leased=True, **settings)
    mind = services.mind(prepared, overlay.given, overlay.under)
    async with open_memory(given, KEY, mind, house=False) as memory:
        down = Down(CONFIG, memory, overlay)
        await down.begin()
        await Publishing(CONFIG, memory, overlay).begin(prepared)
        yield Branch(memory, overlay, down)


def changed(old: str, new: str) -> tuple[str, dict[str, Any]]:
    """The service with one wording changed, as a hub would send it."""
    text = FLOW.read_text("utf-8")
    assert old in text
    flow = load(text.replace(old, new), "feedback.yaml")
    parts = services.parts_for([flow])
    revision = revise(flow, parts)
    return revision.digest, {"digest": revision.digest, "files": services.files_of(revision)}


async def test_a_revision_that_checks_clean_is_live_and_reported(tmp_path: Path, prepared: services.Prepared) -> None:
    text = FLOW.read_text("utf-8")
    title = next(line for line in text.splitlines() if line.strip().startswith("en:")).strip()
    digest, body = changed(title, title.rstrip('"') + ("." if not title.endswith('"') else '."'))
    async with branch(tmp_path, prepared) as one:
        before = (await one.memory.library.catalogue()).live["feedback"]
        assert digest != before
        assert await one.send("revision", "feedback", body) == ("active", "")
        assert (await one.memory.library.catalogue()).live["feedback"] == digest
        beat = await Pulse(one.memory).compose()
        assert beat.runs["feedback"] == digest.removeprefix("sha256:")[:12]
        assert beat.refused == []
        published = await one.memory._reading.rows("SELECT actor FROM publication ORDER BY id DESC LIMIT 1")
        assert published == [("hub",)]


async def test_a_revision_that_does_not_check_clean_is_refused_and_reported(
    tmp_path: Path, prepared: services.Prepared
) -> None:
    digest, body = changed("feedback", "feedback")
    broken = dict(body["files"])
    broken["feedback.yaml"] += "\nnonsense: true\n"
    async with branch(tmp_path, prepared) as one:
        before = (await one.memory.library.catalogue()).live
        state, reason = await one.send("revision", "feedback", {"digest": digest, "files": broken})
        assert state == "refused"
        assert "nonsense" in reason
        state, reason = await one.send("revision", "feedback", body | {"digest": "sha256:00"})
        assert (state, reason) == ("refused", "the revision of feedback is not what its name says")
        assert (await one.memory.library.catalogue()).live == before
        beat = await Pulse(one.memory).compose()
        assert [seq for seq, _ in beat.refused] == [1, 2]
        assert "nonsense" in beat.refused[0][1]
        assert [memo.kind for memo in await one.memory.review.memos()] == ["down", "down"]


async def test_a_table_is_used_from_its_time_and_survives_a_restart(
    tmp_path: Path, prepared: services.Prepared
) -> None:
    text = "code,name\nx,Xieng Khouang\n"
    async with branch(tmp_path, prepared) as one:
        later = one.memory.clock.now() + 3600
        assert (await one.send("table", "fees2", {"text": text}, later))[0] == "waiting"
        assert "fees2" not in one.overlay.material.tables
        assert await one.send("table", "fees3", {"text": text}) == ("active", "")
        assert one.memory.office.tables["fees3"].get("x", "name") == "Xieng Khouang"
        state, reason = await one.send("table", "fees4", {"text": "code,name\nx\n"})
        assert state == "refused"
        assert "fees4" in reason
    async with branch(tmp_path, prepared) as one:
        assert one.memory.office.tables["fees3"].get("x", "name") == "Xieng Khouang"
        assert "fees2" not in one.memory.office.tables


async def test_phrases_with_a_key_missing_are_refused(tmp_path: Path, prepared: services.Prepared) -> None:
    whole = (files("flows.phrases") / "en.toml").read_text("utf-8")
    async with branch(tmp_path, prepared) as one:
        assert await one.send("phrases", "en", {"text": whole}) == ("active", "")
        state, reason = await one.send("phrases", "en", {"text": 'name = "English"\nsigned = true\n'})
        assert state == "refused"
        assert "missing" in reason


async def test_pause_and_what_nobody_knows_yet(tmp_path: Path, prepared: services.Prepared) -> None:
    async with branch(tmp_path, prepared) as one:
        assert await one.send("pause", "feedback", {"paused": True}) == ("active", "")
        assert "feedback" in one.memory.office.paused
        assert await one.send("pause", "feedback", {"paused": False}) == ("active", "")
        assert (await one.send("pause", "nothing", {"paused": True}))[0] == "refused"
        state, reason = await one.send("users", "all", {"users": []})
        assert (state, "does not know" in reason) == ("refused", True)
        assert await one.send("pause", "feedback", {"paused": True}) == ("active", ""), "the next goes on"


async def test_nothing_is_sealed_to_a_revoked_key_and_nothing_is_left_open_by_mistake(
    tmp_path: Path, prepared: services.Prepared
) -> None:
    old, new = (str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))
    async with branch(tmp_path, prepared, seal_to={"registry": (old,)}) as one:
        scribe = one.memory._scribe
        assert scribe.seal_to["registry"] == (old,)
        state, reason = await one.send("agency", "registry", {"revoked": [old]})
        assert (state, "nothing would be sealed" in reason) == ("refused", True)
        assert scribe.seal_to["registry"] == (old,)
        assert await one.send("agency", "registry", {"seal_to": [old, new], "revoked": [old]}) == ("active", "")
        assert scribe.seal_to["registry"] == (new,)
        assert (await one.send("agency", "registry", {"seal_to": ["age1nonsense"]}))[0] == "refused"
        assert scribe.seal_to["registry"] == (new,)
    async with branch(tmp_path, prepared, seal_to={"registry": (old,)}) as one:
        assert one.memory._scribe.seal_to["registry"] == (new,)


async def test_a_hubs_key_is_added_and_an_old_one_revoked(tmp_path: Path, prepared: services.Prepared) -> None:
    old, new = (written(Ed25519PrivateKey.generate().public_key()) for _ in range(2))
    config = CONFIG.model_copy(update={"hub": CONFIG.hub.model_copy(update={"key": (old,)})})
    async with branch(tmp_path, prepared) as one:
        assert (await one.send("key", "nonsense", {}))[0] == "refused"
        assert await one.send("key", new, {}) == ("active", "")
        assert await one.send("key", old, {"revoked": True}) == ("active", "")
        good = trusted(config, await one.memory.arrivals.active())
        assert good == [public_key(new)]


async def test_leased_blocks_are_used_and_the_end_is_polite(tmp_path: Path, prepared: services.Prepared) -> None:
    async with branch(tmp_path, prepared) as one:
        assert not one.memory.blocks
        assert await one.memory.references_left() == 0
        assert await one.send("blocks", "4821", {"blocks": ["4821", "0377"]}) == ("active", "")
        assert list(one.memory.blocks) == ["4821", "0377"]
        assert await one.memory.references_left() == 20_000
        beat = await Pulse(one.memory).compose()
        assert (beat.blocks, beat.left) == (["4821", "0377"], 20_000)


def account(**over: Any) -> dict[str, Any]:
    rights = {"roles": ["officer"], "districts": ["LA0901"], "agencies": ["*"], "shown": "Noy", "language": "lo"}
    return rights | {"password": "hash-1", "fresh": False, "subject": "", "active": True} | over


async def test_a_user_comes_down_is_changed_and_is_closed(tmp_path: Path, prepared: services.Prepared) -> None:
    async with branch(tmp_path, prepared) as one:
        users = one.memory.users
        assert (await one.send("user", "noy", account()))[0] == "active"
        found = await users.get("noy")
        assert found is not None
        assert (found.password, found.roles, found.fresh, found.language) == ("hash-1", ("officer",), False, "lo")
        cookie, _ = await users.enter("noy", "test", "password")
        await one.send("user", "noy", account(roles=["auditor"]))
        sitting = await users.sitting(cookie)
        assert sitting is not None, "the same password: she stays signed in, with other rights"
        assert sitting[0].roles == ("auditor",)
        await one.send("user", "noy", account(password="hash-2"))
        assert await users.sitting(cookie) is None
        cookie, _ = await users.enter("noy", "test", "password")
        await one.send("user", "noy", account(password="hash-2", active=False))
        assert await users.sitting(cookie) is None
        again = await users.get("noy")
        assert again is not None
        assert not again.active


@pytest.mark.parametrize(
    ("name", "over"),
    [("Noy!", {}), ("noy", {"roles": ["king"]}), ("noy", {"roles": "officer"}), ("noy", {"districts": ["x y"]})],
)
async def test_what_is_no_user_is_refused_and_nothing_changes(
    tmp_path: Path, prepared: services.Prepared, name: str, over: dict[str, Any]
) -> None:
    async with branch(tmp_path, prepared) as one:
        state, reason = await one.send("user", name, account(**over))
        assert state == "refused"
        assert reason
        assert await one.memory.users.everybody() == []
        del (short := account())["password"]
        assert (await one.send("user", "noy", short))[0] == "refused"
