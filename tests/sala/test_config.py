"""Configuration: every mistake is one sentence with key, file and line."""

from pathlib import Path

import pytest

from flows.errors import ConfigFault
from sala import config


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - only this fixture looks at the environment

    for name in list(os.environ):
        if name.startswith(config.PREFIX):
            monkeypatch.delenv(name)


def write(folder: Path, text: str) -> Path:
    file = folder / "sala.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('node="A"\n[http]\nprot=3\n', "sala.toml:3: http.prot: is not a setting"),
        ('node="A"\n\n[http]\nport="x"\n', "sala.toml:4: http.port: "),
        ('nod="A"\n', "sala.toml:1: nod: is not a setting"),
        ("", "sala.toml: node: is missing"),
        ('node="A\n', "line 1"),
        ('node="A"\n[channels.at]\nsecret="x"\n', "sala.toml:2: channels.at.gateway: is missing"),
        ('node="A"\ntimezone="Mars/One"\n', "sala.toml:2: timezone: no such time zone"),
        ('node="A"\nlanguages=[]\n', "sala.toml:2: languages"),
        ('node="A"\nkey_source="vault"\n', "sala.toml:2: key_source: write file:PATH"),
        ('node="a b"\n', "sala.toml:1: node"),
        ('node="A"\n[feedback]\nafter_hours=169\n', "sala.toml:3: feedback.after_hours"),
        ('node="A"\n[feedback]\nevery_days=0\n', "sala.toml:3: feedback.every_days"),
        ('node="A"\n[feedback]\nanswer_days=31\n', "sala.toml:3: feedback.answer_days"),
        ('node="A"\n[store]\nfeedback={on=false}\n', "sala.toml:3: store.feedback"),
        ('node="A"\n[channels."a/b"]\ngateway="x"\n', "the name 'a/b'"),
    ],
)
def test_a_mistake_names_key_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        config.load(write(tmp_path, text))
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)
    assert fault.value.hint


def test_variables_lie_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, 'node="A"\n[http]\nport=90\n[agencies.cr]\nconnector="native"\nurl="http://a"\n')
    monkeypatch.setenv("SALA_HTTP__PORT", "91")
    monkeypatch.setenv("SALA_AGENCIES__CR__URL", "http://b")
    loaded = config.load(file)
    assert loaded.http.port == 91
    assert loaded.agencies["cr"].keys() == {"url": "http://b"}


def test_a_wrong_variable_is_blamed_and_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALA_HTTP__PORT", "ninety")
    with pytest.raises(ConfigFault, match=r"^SALA_HTTP__PORT: http\.port"):
        config.load(write(tmp_path, 'node="A"\n[http]\nport=90\n'))


def test_without_a_file_variables_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigFault, match="no such file"):
        config.load()
    monkeypatch.setenv("SALA_NODE", "LA-XK-03")
    assert config.load().node == "LA-XK-03"


def test_no_secret_stands_in_the_representation(tmp_path: Path) -> None:
    file = write(tmp_path, 'node="A"\n[channels.at]\ngateway="africastalking"\nsecret="opensesame-opensesame"\n')
    loaded = config.load(file)
    assert "opensesame" not in repr(loaded)
    assert loaded.channels["at"].keys()["secret"] == "opensesame-opensesame"  # the control: it is there


def test_paths_count_from_the_file_and_the_library_travels_along(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, 'node="A"\n[tables]\nplaces="p.csv"\n'))
    assert loaded.data == tmp_path / "sala-data"
    assert loaded.tables["places"] == tmp_path / "p.csv"
    assert loaded.services[0].is_dir()


def test_unknown_variables_are_found() -> None:
    environment = {"SALA_NODE": "A", "SALA_HTTP__PORT": "1", "SALA_DISTRIKT": "X", "PATH": "/bin"}
    assert config.unknown_variables(environment) == ["SALA_DISTRIKT"]
