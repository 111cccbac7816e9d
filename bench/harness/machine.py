"""What was measured on, for the document."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from pathlib import Path

from harness.places import ROOT


def describe() -> dict:
    """Processor, cores, memory, system, date, revision."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "processor": processor(),
        "memoryGiB": round(memory),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "revision": revision.stdout.strip() or "unknown",
        "load": os.getloadavg()[0],
    }


def processor() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def sentence(machine: dict) -> str:
    """The same for a reader."""
    return (
        f"Measured {machine['date']} on {machine['cores']} cores of {machine['processor']}, {machine['memoryGiB']} GiB, "
        f"{machine['system']}, Python {machine['python']}, revision {machine['revision']}."
    )
