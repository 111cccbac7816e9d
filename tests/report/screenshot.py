"""Makes docs/report.png out of the project's own fixtures: `sekisho replay`, then `sekisho report`, then a real Chromium.

In: `fixtures`, the binaries as built, the guidelines in `policies/guidelines`, or those of the folder that is named. Out:
the picture.
"""

import pathlib
import subprocess
import sys
import tempfile

import rig


def main():
    """`screenshot.py [GUIDELINES]`."""
    guidelines = sys.argv[1:2] or ["policies/guidelines"]
    sekisho = rig.ROOT / "target" / "debug" / "sekisho"
    with tempfile.TemporaryDirectory() as folder:
        results, page = pathlib.Path(folder) / "replay.json", pathlib.Path(folder) / "report.html"
        # Its exit code says that fixtures have violations, as they are to.
        done = subprocess.run([sekisho, "replay", "fixtures", "--format", "json"], cwd=rig.ROOT, capture_output=True, check=False)
        results.write_bytes(done.stdout)
        folders = ["--policies", rig.ROOT / "policies", "--guidelines", (rig.ROOT / guidelines[0])]
        subprocess.run([sekisho, "report", results.name, *folders, "--output", page.name], cwd=folder, check=True)
        browser = rig.Browser()
        shown = browser.open(page)
        no = shown.locator("details.clause", has=shown.locator(".badge.no")).first
        no.locator("summary").click()
        no.locator(".body").wait_for()
        shown.set_viewport_size({"width": 1000, "height": 1080})
        picture = rig.ROOT / "docs" / "report.png"
        shown.screenshot(path=picture)
        browser.close()
    print(f"{picture.relative_to(rig.ROOT)}: {picture.stat().st_size >> 10} KiB")


main()
