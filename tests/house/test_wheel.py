"""The wheel: what people install is complete, and runs without the source tree."""

import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from sala.doctor import ROOMS
from tests.house.tree import ROOT, files

pytestmark = pytest.mark.slow

DATA = {".toml", ".yaml", ".csv", ".sql", ".html", ".css", ".js", ".svg", ".typed", ".txt"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this tree, by the backend that the lock brought along."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_everything_that_a_room_holds_is_in_it(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    held = [
        file.relative_to(ROOT).as_posix()
        for file in files()
        if file.relative_to(ROOT).parts[0] in ROOMS and (file.suffix == ".py" or file.suffix in DATA)
    ]
    assert len(held) > 50
    assert [name for name in held if name not in packed] == []
    assert not [name for name in packed if name.startswith(("tests/", "bench/", "docs/"))]


@dataclass
class Bare:
    """An environment with the wheel in it, and no source tree."""

    folder: Path
    site: Path

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("SALA_", "PYTHON"))}
        python = str(self.folder / "venv" / "bin" / "python")
        return subprocess.run(
            [python, *arguments], cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )

    def sala(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "sala", *arguments)


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    folder = tmp_path_factory.mktemp("bare")
    place = folder / "venv"
    # The dependencies are those of this environment; the wheel alone is new.
    venv.create(place, with_pip=False)
    (site,) = place.glob("lib/python3*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    paths = [path for path in sys.path if "site-packages" in path]
    (site / "borrowed.pth").write_text("\n".join(paths) + "\n")
    return Bare(folder, site)


def test_it_runs_from_a_bare_folder(bare: Bare) -> None:
    helped = bare.sala("--help")
    assert helped.returncode == 0, helped.stderr
    assert "serve" in helped.stdout
    assert bare.sala("example").stdout.startswith("#")
    where = bare.python("-c", "import sala, flows; print(sala.__file__, flows.__file__)")
    assert str(bare.site) in where.stdout
    assert str(ROOT) not in where.stdout
    library = bare.site / "flows" / "library"
    checked = bare.sala("flow", "check", str(library))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_an_operators_engineer_runs_the_kits_from_it(bare: Bare) -> None:
    """As somebody outside of the project does: the kit with its operator, from the wheel alone."""
    where = bare.python("-c", "import sms.kit.cases, ussd.kit.cases, gateways.smpp.kit as k; print(k.__file__)")
    assert str(bare.site) in where.stdout, where.stderr
    listed = bare.sala("gateway", "list").stdout
    assert [
        name for name in ("africastalking", "hubtel", "smpp-mica") if f"sala gateway test {name}" not in listed
    ] == []
    tried = bare.sala("gateway", "test", "smpp-payload")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "promises are kept" in tried.stdout.splitlines()[-1]
