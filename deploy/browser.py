"""Build hook: brings htmx out of its package, which the lock pins by hash, into the console."""

import gzip
import hashlib
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "django-js-lib-htmx"
SCRIPT = "htmx.min.js"
SHA256 = "491955cd1810747d7d7b9ccb936400afb760e06d25d53e4572b64b6563b2784e"
"""Of htmx 2.0.3: the build stops when the package holds anything else."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs for the wheel and for an editable installation alike; needs neither Node nor a second registry."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the script and its packed sibling, which the console serves."""
        del version, build_data
        folder = Path(self.root) / "console" / "static" / "vendor"
        folder.mkdir(exist_ok=True)
        content = _script()
        (folder / SCRIPT).write_bytes(content)
        (folder / f"{SCRIPT}.gz").write_bytes(gzip.compress(content, 9, mtime=0))


def _script() -> bytes:
    try:
        found = [file for file in files(PACKAGE) or () if file.name == SCRIPT]
    except PackageNotFoundError:
        raise SystemExit(f"the build needs {PACKAGE}: it is in requirements.lock and in [build-system]") from None
    content = found[0].read_binary() if found else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{PACKAGE}: {SCRIPT} is not what deploy/browser.py expects; nothing was built")
    return content
