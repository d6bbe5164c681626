"""The yardsticks that every bench runs beside its candidate, and the description of the machine behind the figures."""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from sqlcipher3 import dbapi2 as sqlcipher


def fdatasync(folder: Path, calls: int = 200) -> dict[str, float]:
    """Microseconds of a 4 KiB overwrite with fdatasync on the disk of `folder`: p50, p90 and p99."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        block = b"\0" * 4096
        for _ in range(calls):
            begun = time.perf_counter()
            os.pwrite(file.fileno(), block, 0)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begun) * 1e6)
    return {"p50": quantile(times, 0.5), "p90": quantile(times, 0.9), "p99": quantile(times, 0.99)}


def pure_python(loops: int = 300_000) -> float:
    """Microseconds per thousand rounds of a fixed loop: how fast this processor is just now."""
    begun = time.process_time()
    total = 0
    for number in range(loops):
        total += number & 7
    return (time.process_time() - begun) * 1e9 / loops


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and range of the rounds, to be printed as `median [lowest-highest]`."""
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def shown(values: Sequence[float], digits: int = 2) -> str:
    """`median [lowest-highest]`."""
    found = spread(values)
    return f"{found['median']:.{digits}f} [{found['lowest']:.{digits}f}-{found['highest']:.{digits}f}]"


def processor_seconds(pid: int) -> float:
    """User and system time of a process and all its children."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total


def bytes_written(pid: int) -> int:
    """Bytes that a process has given to its disks so far."""
    return int(psutil.Process(pid).io_counters().write_bytes)


def machine(folder: Path) -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "sqlite": sqlcipher.sqlite_version,
        "aiohttp": aiohttp.__version__,
        "load": os.getloadavg(),
        "fdatasync_us": fdatasync(folder),
        "python_ns_a_round": pure_python(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
