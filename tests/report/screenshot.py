"""Makes docs/report.png: `make screenshot`.

In: a page of `sekisho report`, the demo's. Out: the picture, from a real Chromium.
"""

import pathlib
import sys

import rig


def main():
    """`screenshot.py PAGE`."""
    browser = rig.Browser()
    shown = browser.open(pathlib.Path(sys.argv[1]).resolve())
    no = shown.locator("details.clause", has=shown.locator(".badge.no")).first
    no.locator("summary").click()
    no.locator(".body").wait_for()
    shown.set_viewport_size({"width": 1000, "height": 1420})
    picture = rig.ROOT / "docs" / "report.png"
    shown.screenshot(path=picture)
    browser.close()
    print(f"{picture.relative_to(rig.ROOT)}: {picture.stat().st_size >> 10} KiB")


main()
