#!/usr/bin/env python3
"""An independent witness: the real function and template in somebody else's AWS, `fakecloud`.

In:  FAKECLOUD (the binary; else `fakecloud` on the PATH, else target/fakecloud/bin/fakecloud); SEKISHO_BOOTSTRAP (the
     function's binary; else target/debug/bootstrap, built before).
Out: one line a check. Status 0 if all held, 1 if not, 2 if fakecloud or bootstrap is not there; without fakecloud 0
     where SEKISHO_FAKECLOUD=optional.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from botocore.exceptions import ClientError

import one_account
import two_accounts
from cloud import CENTRAL, MEMBER, Fakecloud
from deployment import ROOT, Deployment
from report import Broken, Report

VERSION = "0.51.0"
LOG_END = 4000


def find_fakecloud() -> Path | None:
    """The binary. One that is named has to be there."""
    if named := os.environ.get("FAKECLOUD"):
        return Path(named) if os.access(named, os.X_OK) else None
    if on_path := shutil.which("fakecloud"):
        return Path(on_path)
    built = ROOT / "target/fakecloud/bin/fakecloud"
    return built if os.access(built, os.X_OK) else None


def find_bootstrap() -> Path | None:
    """The binary of the function, as the source is now: an old one would be a witness of nothing."""
    if named := os.environ.get("SEKISHO_BOOTSTRAP"):
        return Path(named) if Path(named).is_file() else None
    command = [os.environ.get("CARGO", "cargo"), "build", "--workspace", "--bins", "--locked"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        return None
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug/bootstrap"


def missing() -> int:
    """Says that nothing was tested, and how to have it."""
    named = os.environ.get("FAKECLOUD")
    where = f"FAKECLOUD={named} is no program" if named else "not on the PATH, not in target/fakecloud/bin"
    print(f"""test-fakecloud did NOT run: there is no fakecloud ({where}).
Nothing was tested. To install it, some 8 minutes on 2 cores:

  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_STRIP=true \\
    cargo install fakecloud --version {VERSION} --locked --root target/fakecloud

With SEKISHO_FAKECLOUD=optional this is no failure.""")
    return 0 if os.environ.get("SEKISHO_FAKECLOUD") == "optional" else 2


def main() -> int:
    binary = find_fakecloud()
    if binary is None:
        return missing()
    bootstrap = find_bootstrap()
    if bootstrap is None:
        print("test-fakecloud did NOT run: bootstrap was not built, or SEKISHO_BOOTSTRAP names no file")
        return 2
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version} ({VERSION} is what this was written for), {bootstrap}")
    start, report = time.monotonic(), Report()
    with tempfile.TemporaryDirectory(prefix="sekisho-fakecloud-") as folder:
        fakecloud = Fakecloud(binary, Path(folder))
        try:
            fakecloud.wait()
            witness(report, fakecloud, bootstrap)
        except (Broken, ClientError) as broken:
            report.line("the run came to its end", False, str(broken))
        finally:
            fakecloud.stop()
            if report.broken or sys.exc_info()[0]:
                print(f"\n--- fakecloud's log\n{fakecloud.log.read_text(errors='replace')[-LOG_END:]}")
                print(f"--- the function's log\n{fakecloud.function_logs()[-LOG_END:]}")
    seconds = time.monotonic() - start
    print(f"\ntest-fakecloud: {report.held} checks held, {len(report.broken)} did not; {seconds:.0f} s")
    return 1 if report.broken else 0


def witness(report: Report, fakecloud: Fakecloud, bootstrap: Path) -> None:
    """All checks, in an order in which each finds what it needs."""
    deployment = Deployment(fakecloud.account(CENTRAL), bootstrap)
    loop = one_account.deployed(report, fakecloud, deployment)
    one_account.periodic(report, loop, deployment)
    one_account.buckets(report, loop)
    one_account.recorded(report, loop)
    one_account.queried(report, loop)
    two_accounts.central(report, deployment, loop, fakecloud.account(MEMBER))


if __name__ == "__main__":
    # A run that is told to end still ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A report that is read while it grows.
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
