"""A node with two channels, killed again and again while one refuses: nobody gets anything twice, nothing is lost."""

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from sala import config, keys
from store.sqlite import Sqlite
from tests.at_standin import Play, Standin
from tests.ports import free_port

SECRET = "a-secret-of-enough-length"
KILLS = 3
EACH = 30


def written(folder: Path, port: int, other: int, first: Standin, second: Standin) -> Path:
    file = folder / "sala.toml"
    channels = "".join(
        f'[channels.{name}]\ngateway = "africastalking"\nsecret = "{SECRET}"\nusername = "u"\napi_key = "k"\n'
        f'base_url = "{one.url}"\nshort_codes = ["1999"]\nrate = 100\nwindow = 16\n'
        for name, one in (("first", first), ("second", second))
    )
    file.write_text(f'node = "LA-XK-03"\n[http]\nport = {port}\n[console]\nport = {other}\n{channels}')
    return file


async def up(url: str, http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                async with http.get(f"{url}/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


async def states(file: Path) -> Counter[str]:
    found = config.load(file)
    database = await Sqlite.open(found.data / keys.DATABASE, keys.database_key("", found.data))
    try:
        rows = await database.rows("SELECT state, count(*) FROM message GROUP BY state")
    finally:
        await database.close()
    return Counter({row[0]: row[1] for row in rows})


@pytest.mark.slow
async def test_killed_while_messages_move_from_one_channel_to_the_other(tmp_path: Path) -> None:
    chance = random.Random(11)
    ill = [Play(http=503), Play(http=429), Play(code=500), Play(manner="drop"), Play()]
    async with Standin() as first, Standin() as second, aiohttp.ClientSession() as http:
        first.chance = lambda: chance.choice(ill)
        second.chance = lambda: chance.choice([Play(), Play(), Play(http=503)])
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        file = written(tmp_path, port, free_port(), first, second)
        command = str(Path(sys.executable).with_name("sala"))
        numbers = iter(f"+85620555{number:05}" for number in range(KILLS * EACH))
        for _ in range(KILLS):
            node = await asyncio.create_subprocess_exec(command, "serve", "--config", str(file))
            try:
                await up(url, http)
                before = len(first.seen) + len(second.seen)
                for _ in range(EACH):
                    number = next(numbers)
                    form = {"id": f"m{number}", "from": number, "to": "1999", "text": "HELP", "date": "", "linkId": ""}
                    async with http.post(f"{url}/gateways/first/{SECRET}/sms", data=urlencode(form)) as answer:
                        assert answer.status == 200
                async with asyncio.timeout(60):
                    # In the midst of it, wherever that is.
                    while len(first.seen) + len(second.seen) < before + 5:  # noqa: ASYNC110 - stand-ins ring no bell
                        await asyncio.sleep(0.01)
            finally:
                node.kill()
                await node.wait()
        first.chance = second.chance = None
        found = await states(file)
        taken = first.taken + second.taken
        # No phone has anything twice, whichever way it came.
        assert max(taken.values()) == 1
        assert second.seen, "nothing moved: the test would prove nothing"
        # Every message that was acknowledged is there, and what counts as sent was taken.
        assert found.total() == KILLS * EACH
        assert found["failed"] == 0
        assert found["sent"] <= len(taken) <= found["sent"] + found["unknown"] + found["sending"]
