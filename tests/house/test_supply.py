"""What Sala is built from: a lock without host names, everything hashed, and licences that may be passed on."""

import json
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
RUN = (ROOT / "requirements-run.lock").read_text("utf-8")

ALLOWED = re.compile(
    r"MIT|MIT-0|0BSD|ISC|Apache[- ]2\.0|BSD-[23]-Clause|MPL-2\.0|PSF-2\.0|Python-2\.0|Zlib|Unlicense|CC0-1\.0"
    r"|License :: OSI Approved :: (MIT License|Apache Software License|BSD License|ISC License \(ISCL\)"
    r"|Zero-Clause BSD \(0BSD\)"
    r"|Mozilla Public License 2\.0 \(MPL 2\.0\)|Python Software Foundation License)"
)
# What states no licence that a program can read, or one outside the list, each with its reason.
KNOWN = {
    "axe-playwright-python": "MIT, in its LICENSE file; axe-core inside is MPL-2.0; development only",
    "owlrl": "W3C Software Notice and License, permissive: development only, a part of pyshacl",
    "pyrage": "MIT, in its LICENSE file",
    "sqlcipher3": "zlib, in its LICENSE file",
    "python-stdnum": "LGPL-2.1+: development only, an oracle in tests",
    "smpplib": "LGPL-3.0: development only, an oracle in tests",
    "text-unidecode": "Artistic: development only",
    "pytest-timeout": "MIT; also names a class that is no licence",
}


@pytest.mark.parametrize("lock", [LOCK, RUN])
def test_the_lock_names_no_host(lock: str) -> None:
    assert re.findall(r"https?://|--index-url|--find-links|file:|@ ", lock) == []


@pytest.mark.parametrize("lock", [LOCK, RUN])
def test_everything_in_the_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", lock.strip())
    assert len(entries) > 50
    for entry in entries:
        assert "==" in entry.splitlines()[0]
        assert "--hash=sha256:" in entry


def test_the_locks_have_every_dependency_that_the_project_names() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    needed = project[project.index("\ndependencies = [") : project.index("\n[project.optional")]
    for text, lock in ((project, LOCK), (needed, RUN)):
        named = re.findall(r'^  "([a-z0-9.-]+)[>=;"]', text, re.MULTILINE)
        locked = {one.partition("==")[0] for one in _pinned(lock)}
        assert len(named) > 20
        assert [name for name in named if name.replace(".", "-") not in locked] == [], "make lock"


def _pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+==[^ ;\\]+)", lock, re.MULTILINE))


def test_a_node_installs_a_part_of_what_is_tested_and_no_tool_of_a_developer() -> None:
    assert _pinned(RUN) < _pinned(LOCK)
    named = {one.partition("==")[0] for one in _pinned(RUN)}
    assert named.isdisjoint({"mypy", "ruff", "pytest", "playwright", "hypothesis"})
    assert named > {"aiohttp", "sqlcipher3", "hatchling"}


def licences() -> dict[str, list[str]]:
    sbom = json.loads(
        subprocess.run(
            [Path(sys.executable).parent / "cyclonedx-py", "environment", "--of", "JSON", sys.executable],
            capture_output=True,
            check=True,
        ).stdout
    )
    return {component["name"]: _licences(component) for component in sbom["components"]}


def _licences(component: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    found = []
    for entry in component.get("licenses", []):
        licence = entry.get("license", {})
        found.append(str(entry.get("expression") or licence.get("id") or licence.get("name")))
    return found


def allowed(stated: str) -> bool:
    parts = re.split(r" (?:AND|OR) ", stated.replace("(", "").replace(")", "")) if " :: " not in stated else [stated]
    return all(ALLOWED.fullmatch(part) for part in parts)


@pytest.mark.slow
def test_every_licence_may_be_passed_on() -> None:
    found = licences()
    assert len(found) > 50
    bad = {
        name: stated
        for name, stated in found.items()
        if name.lower() not in KNOWN and not (stated and all(allowed(one) for one in stated))
    }
    assert bad == {}


def test_a_copyleft_licence_would_be_seen() -> None:
    assert not allowed("GPL-3.0-only")
    assert not allowed("MIT AND AGPL-3.0-or-later")
    assert allowed("MIT AND Apache-2.0")


def test_the_environment_is_not_empty() -> None:
    assert any(found.metadata["Name"] == "aiohttp" for found in distributions())
