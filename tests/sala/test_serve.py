"""`sala serve` as a process: dialled over HTTP, looked at, ended; and what keeps it from starting."""

import json
import re
import signal
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.dialogue import full
from sala import cli
from tests.sala.nodes import NUMBER, Node, request, running, sala, started, written

MOTHER = "Kham Lasaphone"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("node")) as running_node:
        yield running_node


def test_a_birth_is_registered_in_lao(node: Node) -> None:
    phone = node.another("+8562055500001")
    assert "ລາວ" in phone.dial()
    reference = register(phone, "ລາວ")
    assert re.fullmatch(r"\d{3} \d{3} \d{3}", reference)


def register(phone: object, language: str) -> str:
    """Walk through a birth as a citizen reads it; the reference that the phone shows at the end."""
    lines = phone.screen.split("\n")  # type: ignore[attr-defined]
    key = next(line.split()[0] for line in lines if language in line)
    phone.press(key)  # type: ignore[attr-defined]
    for _ in range(30):
        screen = phone.screen  # type: ignore[attr-defined]
        found = re.search(r"\d{3} \d{3} \d{3}", screen)
        if found and not phone.open:  # type: ignore[attr-defined]
            return found[0]
        phone.press(answer_to(screen))  # type: ignore[attr-defined]
    raise AssertionError(f"no reference: {screen}")


def answer_to(screen: str) -> str:
    """What a mother would answer to this screen."""
    for words, answer in ANSWERS:
        if words in screen:
            return answer
    return "1"


ANSWERS = [
    ("ນາມສະກຸນແມ່", MOTHER),
    ("full name", MOTHER),
    ("ວວດດປປປປ", "ມື້ນີ້"),
    ("DDMMYYYY", "today"),
    ("ບ້ານໃດ", "0901005"),
    ("Which village", "0901005"),
    ("ອາຍຸແມ່?", "27"),
    ("Mother's age?", "27"),
]


def test_two_numbers_may_say_the_same_and_neither_learns_of_the_other(node: Node) -> None:
    told = {number: register_as(node, number) for number in ("+8562055500011", "+8562055500012")}
    assert len(set(told.values())) == len(told)
    # Each is told her own reference again, and nothing is sent.
    assert {number: register_as(node, number) for number in told} == told


def register_as(node: Node, number: str) -> str:
    phone = node.another(number)
    phone.dial()
    if phone.screen.startswith("1 English"):
        return register(phone, "English")
    return register(phone, "birth")


def test_the_same_call_again_gets_the_same_screen(node: Node) -> None:
    phone = node.another("+8562055500002")
    first = phone.dial()
    form = {"sessionId": phone.session, "phoneNumber": phone.number, "serviceCode": "*999#", "text": ""}
    assert request(f"{phone.base}/ussd", form)[1].endswith(first)


def test_a_wrong_secret_is_a_plain_404(node: Node) -> None:
    assert request(f"http://127.0.0.1:{node.http}/gateways/at/wrong/ussd", {"text": ""})[0] == 404


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_both_doors_say_how_they_are(node: Node, path: str) -> None:
    assert request(f"http://127.0.0.1:{node.http}{path}")[0] == 200
    assert node.get(path)[0] == 200


def test_the_gateways_door_shows_no_figures(node: Node) -> None:
    assert request(f"http://127.0.0.1:{node.http}/metrics")[0] == 404


def test_figures_count_key_presses(node: Node) -> None:
    node.another("+8562055500003").dial()
    status, text = node.get("/metrics")
    assert status == 200
    answered = re.search(r'sala_key_presses_total\{channel="at",outcome="answered"\} (\d+)', text)
    assert answered
    assert int(answered[1]) > 0
    assert "sala_ready 1" in text


def test_openapi_and_the_schema_of_a_revision(node: Node) -> None:
    assert json.loads(node.get("/openapi.json")[1])["openapi"].startswith("3.1")
    listed = sala("flow", "list", "--format", "json", "--config", str(node.folder / "sala.toml"), cwd=node.folder)
    assert listed.returncode == 0, listed.stderr
    birth = next(row for row in json.loads(listed.stdout) if row["service"] == "birth")
    status, text = node.get(f"/schemas/birth/{birth['revision']}")
    assert status == 200
    assert json.loads(text)["properties"]["child_sex"]["enum"] == ["m", "f"]
    assert node.get(f"/schemas/farm/{birth['revision']}")[0] == 404


def test_the_catalogue_and_the_events_of_what_is_live(node: Node) -> None:
    status, text = node.get("/catalogue.jsonld")
    assert status == 200
    graph = json.loads(text)["@graph"]
    offered = {one["dct:identifier"] for one in graph if one["@type"] == "cpsv:PublicService"}
    assert offered == {"birth", "business", "farm", "feedback", "health", "school"}
    status, text = node.get("/asyncapi.json")
    assert status == 200
    document = json.loads(text)
    assert document["asyncapi"].startswith("3.")
    assert {f"submission-{name}" for name in offered} | {"status"} == set(document["components"]["messages"])
    told = json.loads(node.get("/openapi.json")[1])["paths"]
    assert {"/catalogue.jsonld", "/asyncapi.json"} <= told.keys()
    # The gateways' door shows neither.
    assert request(f"http://127.0.0.1:{node.http}/catalogue.jsonld")[0] == 404


def test_nothing_of_the_citizen_stands_in_the_log(node: Node) -> None:
    register_in_english(node)
    text = node.log()
    assert '"node started"' in text  # the control: it is the log of this node
    for canary in (NUMBER, NUMBER[1:], MOTHER, "0901005", "a-secret-of-many-characters"):
        assert canary not in text


def register_in_english(node: Node) -> str:
    phone = node.phone
    phone.dial()
    return register(phone, "English")


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_it_ends_in_time_and_keeps_what_it_told(tmp_path: Path, how: signal.Signals) -> None:
    file, http, console = written(tmp_path)
    with started(file, http, console) as first:
        first.another("+8562055500004").dial()
        assert first.stop(how) < 5
        assert first.process.returncode == 0
    with started(file, http, console) as second:
        assert second.get("/ready")[0] == 200


def test_a_key_press_under_way_is_answered_at_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as node:
        phones = [node.another(f"+85620555{n:05d}") for n in range(20)]
        screens: list[str] = []
        faults: list[Exception] = []

        def dial(phone: object) -> None:
            try:
                screens.append(phone.dial())  # type: ignore[attr-defined]
            except OSError as refused:  # came after the door had closed: the gateway calls again
                faults.append(refused)

        threads = [threading.Thread(target=dial, args=(phone,)) for phone in phones]
        for thread in threads:
            thread.start()
        assert node.stop() < 5
        for thread in threads:
            thread.join()
    assert len(screens) + len(faults) == len(phones)
    assert all("ລາວ" in screen for screen in screens)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command says that cannot start: one line and a hint, nothing on standard output, 2."""
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) <= 2, said.err
    assert lines[0].startswith("error [")
    return lines[0]


def test_a_busy_port_is_one_line_of_a_real_process(node: Node, tmp_path: Path) -> None:
    file, http, _ = written(tmp_path)
    file.write_text(file.read_text().replace(f"port = {http}", f"port = {node.http}"))
    done = sala("serve", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error [in-use] http: 127.0.0.1:{node.http} cannot be listened at")
    assert len(done.stderr.splitlines()) == 2
    assert not (tmp_path / "sala-data" / "sala.db").exists()


def test_two_nodes_on_one_database_are_one_too_many(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, _, _ = written(tmp_path, data=str(node.folder / "sala-data"))
    assert "a node is running" in refused(capsys, "serve", "--config", str(file))
    assert node.get("/ready")[0] == 200


def test_a_wrong_key_is_one_line_and_touches_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.stop()
    before = (tmp_path / "sala-data" / "sala.db").read_bytes()
    (tmp_path / "sala-data" / "keys" / "database.key").write_text("00" * 32)
    done = sala("serve", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error [key]")
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert (tmp_path / "sala-data" / "sala.db").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[console]", "[consol]", "sala.toml:6: consol: is not a setting"),
        ('gateway = "africastalking"', 'gateway = "smoke"', "channels.at.gateway: no such gateway"),
        ('username = "sandbox"', 'usernam = "sandbox"', "channels.at.usernam: is not a setting"),
        ("secret = ", 'secret = "short" #', "channels.at.secret: must be 16"),
        ("free_mb = 0", "free_mb = -1", "store.free_mb"),
        ('service_codes = ["*999#"]', 'service_codes = ["999"]', "channels.at.service_codes"),
        ('"en"]', '"xx"]', "languages: xx: no phrases"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    file, _, _ = written(tmp_path)
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    line = refused(capsys, "serve", "--config", str(file))
    assert said in line
    assert f"{file}:" in line
    assert not (tmp_path / "sala-data").exists()


def test_an_agency_that_is_misspelt_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agency = '[agencies.registry]\nconnector = "native"\nurl = "http://127.0.0.1:9/sala"\nsecre = "whsec_MDEy"\n'
    file, _, _ = written(tmp_path, agency)
    assert "agencies.registry.secre: is not a setting" in refused(capsys, "serve", "--config", str(file))
    file, _, _ = written(tmp_path, agency.replace("native", "pigeon"))
    assert "agencies.registry.connector" in refused(capsys, "serve", "--config", str(file))


def test_a_bad_flow_stops_the_start_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yaml").write_text(
        "sala: 1\nid: bad\ntitle: {en: Bad}\nlanguages: [en]\nsteps:\n  - sey: {en: x}\n"
    )
    file, _, _ = written(tmp_path, services=["bad.yaml"])
    assert "bad.yaml:" in refused(capsys, "serve", "--config", str(file))
    assert not (tmp_path / "sala-data").exists()


def test_a_part_of_the_node_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, _, _ = written(tmp_path)
    assert "--only: door is no part" in refused(capsys, "serve", "--only", "door", "--config", str(file))


def test_a_part_of_the_node_alone(tmp_path: Path) -> None:
    file, http, console = written(tmp_path)
    with started(file, http, console, "--only", "ussd") as node:
        phone = node.another("+8562055500021")
        assert phone.dial()
        assert request(f"{phone.base}/sms", {"id": "1", "from": phone.number, "to": "1999", "text": "HELP"})[0] == 404
        with pytest.raises(OSError, match="refused"):
            node.get("/health")


def test_what_is_kept_is_the_owner_s_alone(node: Node) -> None:
    data = node.folder / "sala-data"
    for place in (data, data / "keys", data / "keys" / "database.key"):
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0
    assert b"Lasaphone" not in (data / "sala.db").read_bytes() + (data / "sala.db-wal").read_bytes()


def test_a_disk_without_room_refuses_new_dialogues_politely_and_says_so(tmp_path: Path) -> None:
    file, http, console = written(tmp_path)
    file.write_text(file.read_text().replace("reserve_mb = 0", "reserve_mb = 1000000000"))
    with started(file, http, console, until="/health") as node:
        status, text = node.get("/ready")
        assert status == 503
        assert json.loads(text)["reason"] == "reserve"
        phone = node.another("+8562055500031")
        assert phone.dial() == full("lo")
        assert not phone.open
        assert "sala_disk_full 1" in node.get("/metrics")[1]
