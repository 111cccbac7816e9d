#!/usr/bin/env python3
"""An independent witness: the real function and template in somebody else's AWS, `fakecloud`.

In:  FAKECLOUD (the binary; else `fakecloud` on the PATH, else target/fakecloud/bin/fakecloud), SEKISHO_BOOTSTRAP (else
     target/release/bootstrap or target/debug/bootstrap, whichever is newer).
Out: one line a check. Status 0 if all held, 1 if not, 2 if fakecloud or bootstrap is not there; without fakecloud 0
     where SEKISHO_FAKECLOUD=optional.
"""

from __future__ import annotations

import os
import shutil
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
    """The binary of the function."""
    if named := os.environ.get("SEKISHO_BOOTSTRAP"):
        return Path(named) if Path(named).is_file() else None
    built = [path for kind in ("release", "debug") if (path := ROOT / "target" / kind / "bootstrap").is_file()]
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


def missing() -> int:
    """Says that nothing was tested, and how to have it."""
    print(f"""test-fakecloud did NOT run: there is no fakecloud (FAKECLOUD={os.environ.get("FAKECLOUD", "")!r}, not on the
PATH, not in target/fakecloud/bin). Nothing was tested. To install it, some 8 minutes on 2 cores:

  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_STRIP=true \\
    cargo install fakecloud --version {VERSION} --locked --root target/fakecloud

With SEKISHO_FAKECLOUD=optional this is no failure.""")
    return 0 if os.environ.get("SEKISHO_FAKECLOUD") == "optional" else 2


def main() -> int:
    binary, bootstrap = find_fakecloud(), find_bootstrap()
    if binary is None:
        return missing()
    if bootstrap is None:
        print("test-fakecloud did NOT run: there is no bootstrap. Build it: cargo build --bins")
        return 2
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
    # A report that is read while it grows.
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
