"""The wheel: what people install is complete, and runs without the source tree."""

import os
import subprocess
import sys
import venv
import zipfile
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


def test_it_runs_from_a_bare_folder(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    # The dependencies are those of this environment; the wheel alone is new.
    venv.create(place, with_pip=False)
    (site,) = place.glob("lib/python3*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    paths = [path for path in sys.path if "site-packages" in path]
    (site / "borrowed.pth").write_text("\n".join(paths) + "\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SALA_", "PYTHON"))}
    python = str(place / "bin" / "python")

    def sala(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "sala", *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    helped = sala("--help")
    assert helped.returncode == 0, helped.stderr
    assert "serve" in helped.stdout
    assert sala("example").stdout.startswith("#")
    where = subprocess.run(
        [python, "-c", "import sala, flows; print(sala.__file__, flows.__file__)"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in where.stdout
    library = site / "flows" / "library"
    checked = sala("flow", "check", str(library))
    assert checked.returncode == 0, checked.stdout + checked.stderr
