"""The codec is pure: it imports no room but `flows`, and nothing that waits."""

import ast

import pytest

from tests.house.tree import ROOT

CODEC = ("numbers", "faults", "pdu", "framing", "coding", "parts", "receipts", "statuses", "pace")
PURE = {"collections", "dataclasses", "enum", "flows", "msgspec", "re", "struct", "typing"}


def imported(name: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse((ROOT / "gateways" / "smpp" / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("name", CODEC)
def test_a_module_of_the_codec_imports_only_what_is_pure(name: str) -> None:
    own = {f"gateways.smpp.{other}" for other in CODEC}
    assert {module for module in imported(name) if module.partition(".")[0] not in PURE and module not in own} == set()


def test_the_look_would_see_a_module_that_waits() -> None:
    assert "asyncio" in imported("session")
