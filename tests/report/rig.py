"""The rig of the page's tests: results of a scan, the real `sekisho report`, a real Chromium.

In: what a test wants in the results. Out: the page's file, and a browser without a network. A machine without Chromium
fails and says so; nothing is skipped.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOW = "2026-11-23T01:00:00Z"
POLICIES = [
    "lib/decode.rego",
    "lib/tags.rego",
    "medical-jp/dynamodb-pitr.rego",
    "medical-jp/rds-backup-retention.rego",
    "medical-jp/residency-resource-region.rego",
]
PARAMETERS = {
    "dynamodb-pitr": {},
    "rds-backup-retention": {"minDays": 7},
    "residency-resource-region": {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"]},
}


def chromium():
    """The browser's path: CHROMIUM, or the first that is installed."""
    names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found or not os.access(found, os.X_OK):
        optional = os.environ.get("SEKISHO_BROWSER") == "optional"
        print(
            f"{'note' if optional else 'error'}: the tests of the page did NOT run: there is no Chromium. Install it "
            "(Debian and Ubuntu: apt-get install chromium fonts-noto-cjk), or set CHROMIUM to the path of a Chromium or "
            "Chrome. With SEKISHO_BROWSER=optional this is no failure.",
            file=sys.stderr,
        )
        sys.exit(0 if optional else 2)
    return found


def verdict(policy, severity, resource_type, resource_id, compliance, **more):
    """One verdict as `sekisho scan --format json` prints it."""
    return {
        "policyId": policy,
        "severity": severity,
        "resourceType": resource_type,
        "resourceId": resource_id,
        "accountId": "123456789012",
        "region": "ap-northeast-1",
        "compliance": compliance,
        "reasons": [],
        "captureTime": "2026-11-22T15:30:00Z",
        "file": "snapshot.json",
    } | more


def results(verdicts, ran=PARAMETERS):
    """The document of a scan."""
    policies = [{"id": name, "parameters": value} for name, value in ran.items()]
    evaluation = {"evaluatedAt": NOW, "policiesSha256": None, "policies": policies}
    return {"summary": {}, "verdicts": verdicts, "errors": [], "notes": [], "evaluation": evaluation}


class Workshop:
    """A folder with policies, a guideline and registers, where reports are made."""

    def __init__(self, guideline):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-report-"))
        for name in POLICIES:
            self.write(f"policies/{name}", (ROOT / "policies" / name).read_text("utf-8"))
        self.write("policies/guidelines/test.yaml", guideline)

    def write(self, name, text):
        """Writes a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def report(self, document, *arguments, name="report.html"):
        """Makes a report of `document` with the real binary."""
        self.write("results.json", json.dumps(document))
        binary = ROOT / "target" / "debug" / "sekisho"
        command = [binary, "report", "results.json", "--now", NOW, "--output", name, *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return self.folder / name

    def close(self):
        """Removes the folder."""
        shutil.rmtree(self.folder)


class Browser:
    """A real Chromium."""

    def __init__(self):
        self.driver = sync_playwright().start()
        arguments = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        if os.geteuid() == 0:
            # Chromium's sandbox does not start for root.
            arguments.append("--no-sandbox")
        self.browser = self.driver.chromium.launch(executable_path=chromium(), args=arguments)

    def open(self, file, **options):
        """Opens `file`; what the page's script complains of and what it asks of a network are kept with it."""
        page = self.browser.new_page(viewport={"width": 1280, "height": 900}, **options)
        page.complaints, page.requests_made = [], []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: page.requests_made.append(request.url))
        page.goto(file.as_uri())
        return page

    def close(self):
        """Ends it."""
        self.browser.close()
        self.driver.stop()
