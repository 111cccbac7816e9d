"""The page of `sekisho report` in a real Chromium: it renders, filters, prints, and keeps up with 10,000 resources.

Each page is also held to this: no script error, and no request but for the page itself.
"""

import io
import time
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from pypdf import PdfReader

import rig

GUIDELINE = """
framework: test-guideline
edition: "6.0"
part: 運用編
title: {ja: 安全管理ガイドライン, en: Safety guideline}
publisher: {ja: 発行者, en: Publisher}
published: 2023-05
source: https://example.jp/guideline
clauses:
  - {id: backup, clause: "12.2", confidence: H, title: {ja: バックアップの管理, en: Backups}, policies: [dynamodb-pitr, rds-backup-retention], coverage: partial, not_checkable: {ja: 復旧手順の訓練, en: Rehearsals}}
  - {id: law, clause: "7", confidence: CH, title: {ja: 国内法の執行が及ぶ範囲, en: Reach of Japanese law}, policies: [residency-resource-region], coverage: partial}
  - {id: training, clause: "4", confidence: CH, title: {ja: 教育, en: Training}, attestations: [security-training], coverage: attestation}
  - {id: building, clause: "9", confidence: CH, title: {ja: 入退室の管理, en: Entry}, not_checkable: {ja: AWSの設定に現れない, en: No setting shows it}, coverage: none}
"""
ATTESTATIONS = """
items:
  - {item: security-training, approver: 安全管理責任者, doneOn: 2026-04-10, expiresOn: 2027-03-31, evidenceUri: "s3://evidence/training.pdf", sha256: 9f86d081}
"""
EVIL = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"
OFF = [{"msg": "point-in-time recovery is off", "msg_ja": "PITRが無効です"}]
ABROAD = [{"msg": "is in us-east-1", "msg_ja": "us-east-1にあります"}]


def small():
    """A few results of every kind."""
    table, region = "AWS::DynamoDB::Table", "residency-resource-region"
    waiver = {"id": "W-2026-014", "expires_on": "2027-03-31", "expired": False, "risk_owner": "情報システム部長", "approver": {"name": "院長"}}
    return rig.results([
        rig.verdict("dynamodb-pitr", "high", table, "patients", "COMPLIANT"),
        rig.verdict("dynamodb-pitr", "high", table, EVIL, "NON_COMPLIANT", reasons=OFF),
        rig.verdict("dynamodb-pitr", "high", table, "cache", "NOT_APPLICABLE", reasons=OFF, waiver=waiver),
        rig.verdict("rds-backup-retention", "high", "AWS::RDS::DBInstance", "db-1", "COMPLIANT", accountId="210987654321"),
        rig.verdict(region, "critical", table, "patients", "COMPLIANT"),
        rig.verdict(region, "critical", "AWS::S3::Bucket", "abroad", "NON_COMPLIANT", reasons=ABROAD, region="us-east-1"),
    ])


def large(count):
    """`count` tables, each tenth of them not met, in three accounts."""
    accounts = ["111111111111", "222222222222", "333333333333"]
    made = []
    for number in range(count):
        bad = number % 10 == 0
        made.append(rig.verdict(
            "dynamodb-pitr", "high", "AWS::DynamoDB::Table", f"table-{number:05}", "NON_COMPLIANT" if bad else "COMPLIANT",
            accountId=accounts[number % 3], reasons=OFF if bad else [],
        ))
    return rig.results(made)


class PageTest(unittest.TestCase):
    """One browser and one workshop for all."""

    @classmethod
    def setUpClass(cls):
        cls.workshop = rig.Workshop(GUIDELINE)
        cls.workshop.write("attestations.yaml", ATTESTATIONS)
        cls.browser = rig.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.workshop.close()

    def open(self, document, *arguments, **options):
        """Makes the report of `document` and opens it; at the end of the test the page has to be without a complaint."""
        file = self.workshop.report(document, *arguments)
        page = self.browser.open(file, **options)
        self.addCleanup(self.is_clean, page, file)
        return page

    def is_clean(self, page, file):
        """No error of the script, and no request but for the page."""
        found, asked = page.complaints, page.requests_made
        page.close()
        self.assertEqual(found, [])
        self.assertEqual(asked, [file.as_uri()])

    def states(self, page):
        """Clause and state of what is shown."""
        shown = page.locator("details.clause:visible > summary")
        return [tuple(part.inner_text() for part in (one.locator("strong"), one.locator(".badge"))) for one in shown.all()]

    def rows(self, page):
        """The resources in the open clauses."""
        return page.locator(".policy tbody tr:visible td:nth-child(4) span:last-child").all_inner_texts()

    def test_it_shows_each_clause_with_its_evidence(self):
        page = self.open(small(), "--attestations", "attestations.yaml", "--target-date", "2027-03-31")
        expected = [("12.2", "いいえ"), ("7章", "いいえ"), ("4章", "はい"), ("9章", "自動確認不可")]
        self.assertEqual(self.states(page), expected)
        self.assertEqual(page.locator(".body").count(), 0, "bodies are built when they are opened")
        page.get_by_role("button", name="すべて開く").click()
        page.locator(".body").nth(3).wait_for()
        text = page.locator("main").inner_text()
        for part in [
            "PITRが無効です", "W-2026-014", "情報システム部長", "院長", "2027-03-31", "復旧手順の訓練",
            "s3://evidence/training.pdf", "安全管理責任者", "2026-11-23 10:00 (日本時間) / 2026-11-23T01:00:00Z",
            "リージョンは、日本の法令が及ぶ範囲にデータがあることを技術面から代わりに確認するものです",
        ]:
            self.assertIn(part, text)
        self.assertNotIn("準拠", text)
        self.assertIn(EVIL, text, "a name from outside is text")
        self.assertNotEqual(page.title(), "owned")
        self.assertEqual(page.locator("img").count(), 0)

    def test_english(self):
        page = self.open(small(), "--lang", "en", "--attestations", "attestations.yaml")
        self.assertEqual(page.locator("html").get_attribute("lang"), "en")
        self.assertEqual([state for _, state in self.states(page)], ["no", "no", "yes", "not checkable by a machine"])
        self.assertEqual(self.states(page)[1][0], "chapter 7")
        page.locator("summary").first.click()
        expect(page.locator(".body")).to_contain_text("point-in-time recovery is off")

    def test_filters(self):
        page = self.open(small(), "--attestations", "attestations.yaml")
        status = page.locator("p[role=status]")
        self.assertEqual(status.inner_text(), "条項 4件、リソースの判定 6件を表示中")
        page.get_by_label("確認結果").select_option("はい")
        self.assertEqual(self.states(page), [("4章", "はい")])
        page.get_by_role("button", name="絞り込みを解除").click()
        self.assertEqual(len(self.states(page)), 4)
        page.get_by_label("重要度").select_option("重大")
        self.assertEqual([clause for clause, _ in self.states(page)], ["7章"])
        page.get_by_role("button", name="絞り込みを解除").click()
        page.get_by_role("button", name="すべて開く").click()
        page.get_by_label("アカウント").select_option("210987654321")
        page.locator(".body").first.wait_for()
        self.assertEqual(self.rows(page), ["db-1"])
        page.get_by_role("button", name="絞り込みを解除").click()
        page.get_by_label("リソースの判定").select_option("例外")
        self.assertEqual(self.rows(page), ["cache"])
        page.get_by_role("button", name="絞り込みを解除").click()
        page.get_by_role("searchbox").fill("ABROAD")
        expect(status).to_have_text("条項 1件、リソースの判定 1件を表示中")
        self.assertEqual(self.rows(page), ["abroad"])
        page.get_by_role("searchbox").fill("そのようなものはない")
        page.get_by_text("条件に合う条項はありません").wait_for()
        self.assertEqual(self.states(page), [])

    def test_it_works_by_keyboard_alone(self):
        page = self.open(large(120))
        page.keyboard.press("Tab")
        seen = []
        while not page.evaluate("document.activeElement.matches('details.clause summary')"):
            seen.append(page.evaluate("document.activeElement.name || document.activeElement.textContent"))
            self.assertLess(len(seen), 30, seen)
            page.keyboard.press("Tab")
        for name in ["state", "severity", "account", "finding", "text", "絞り込みを解除", "すべて開く"]:
            self.assertIn(name, seen)
        page.keyboard.press("Enter")
        page.locator(".body").wait_for()
        next_page = page.get_by_role("button", name="次へ")
        self.assertEqual(page.locator(".pager [role=status]").inner_text(), "1～50件目/全120件")
        while not next_page.evaluate("button => button === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        self.assertEqual(page.locator(".pager [role=status]").inner_text(), "101～120件目/全120件")
        # The last page has no next one, and the keyboard is not lost with the button.
        focused = page.evaluate("document.activeElement.textContent")
        self.assertEqual(focused, "前へ")

    def test_axe_finds_nothing(self):
        for lang in ["ja", "en"]:
            page = self.open(small(), "--attestations", "attestations.yaml", "--lang", lang, bypass_csp=True)
            for opened in [False, True]:
                if opened:
                    page.locator(".tools button").first.click()
                    page.locator(".body").nth(3).wait_for()
                found = Axe().run(page)
                self.assertEqual(found.violations_count, 0, found.generate_report())
                self.assertGreater(len(found.response["passes"]), 15)

    def test_it_prints(self):
        page = self.open(small(), "--attestations", "attestations.yaml")
        reader = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
        text = "".join("".join(one.extract_text().split()) for one in reader.pages)
        for part in ["12.2", "patients", "abroad", "W-2026-014", "security-training"]:
            self.assertIn(part, text, "what is closed on the screen is open on paper")
        expect(page.locator("details[open]")).to_have_count(0)
        page.emulate_media(media="print")
        self.assertFalse(page.locator("form.filters").is_visible())

    def test_ten_thousand_resources(self):
        file = self.workshop.report(large(10_000))
        start = time.monotonic()
        page = self.browser.open(file)
        self.addCleanup(self.is_clean, page, file)
        page.locator("details.clause").first.wait_for()
        opened = time.monotonic() - start
        self.assertLess(page.locator("main *").count(), 1000, "rows are built when they are looked at")
        # The longest that anything holds the page up, while it is opened, paged, searched and filtered.
        page.evaluate("""() => {
          window.longest = 0;
          let before = performance.now();
          const tick = () => { const now = performance.now(); window.longest = Math.max(window.longest, now - before); before = now; requestAnimationFrame(tick); };
          requestAnimationFrame(tick);
        }""")
        page.locator("summary").first.click()
        page.locator(".pager [role=status]").wait_for()
        self.assertEqual(page.locator(".pager [role=status]").inner_text(), "1～50件目/全10000件")
        page.get_by_role("button", name="次へ").click()
        page.get_by_role("searchbox").fill("table-09990")
        expect(page.locator(".policy tbody tr")).to_have_count(1)
        self.assertEqual(self.rows(page), ["table-09990"])
        page.get_by_role("button", name="絞り込みを解除").click()
        page.get_by_label("リソースの判定").select_option("要対応")
        self.assertEqual(page.locator(".pager [role=status]").inner_text(), "1～50件目/全1000件")
        page.get_by_label("アカウント").select_option("222222222222")
        self.assertLess(page.locator("main *").count(), 3000)
        longest = page.evaluate("window.longest")
        print(f"\n10,000 resources: {file.stat().st_size >> 10} KiB, open after {opened:.1f} s, held up {longest:.0f} ms at most")
        self.assertLess(opened, 5)
        self.assertLess(longest, 1000)

    def test_ten_thousand_resources_print(self):
        page = self.open(large(10_000))
        start = time.monotonic()
        reader = PdfReader(io.BytesIO(page.pdf(format="A4")))
        took = time.monotonic() - start
        text = "".join("".join(one.extract_text().split()) for one in reader.pages)
        # Those that are not met come first, and all of them fit.
        self.assertIn("table-09990", text)
        self.assertIn("9000件", text, "how many were left out is said")
        print(f"\n10,000 resources: {len(reader.pages)} pages of PDF in {took:.1f} s")
        self.assertLess(took, 60)

    def test_the_pages_own_policy_lets_nothing_else_run(self):
        page = self.open(small())
        ran = page.evaluate("""() => new Promise((done) => {
          const script = document.createElement('script');
          script.textContent = "window.strange = true";
          addEventListener('securitypolicyviolation', () => done(Boolean(window.strange)), { once: true });
          document.body.append(script);
        })""")
        self.assertFalse(ran)
        page.complaints.clear()


if __name__ == "__main__":
    unittest.main()
