"""The harness of the benchmarks: pairs and spreads, disagreement, the document's markers, the baseline's exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import baseline  # noqa: E402 it stands in bench/
from harness import BenchError, document, plot, runs  # noqa: E402
from measures import judging  # noqa: E402


def result(nanoseconds: int, verdicts: str | None = "CN") -> dict:
    return {"items": 2, "nanoseconds": nanoseconds, "verdicts": verdicts}


class Runs(unittest.TestCase):
    def test_runs_alternate_and_the_first_round_is_dropped(self):
        order: list[str] = []
        jobs = {name: lambda name=name: order.append(name) or {"number": len(order)} for name in "ab"}
        with contextlib.redirect_stderr(io.StringIO()):
            results = runs.alternate(jobs, 3, "t")
        self.assertEqual("".join(order), "abbaabba")
        self.assertEqual([one["number"] for one in results["a"]], [4, 5, 8])

    def test_a_ratio_is_of_pairs_of_one_round(self):
        results = {"a": [{"x": 1}, {"x": 8}, {"x": 9}], "b": [{"x": 1}, {"x": 2}, {"x": 3}]}
        self.assertEqual(runs.ratio(results, "a", "b", "x"), {"median": 3, "min": 1, "max": 4})

    def test_memory_is_of_the_one_process(self):
        large = runs.run([sys.executable, "-c", "x = b'x' * (200 << 20)"])
        small = runs.run([sys.executable, "-c", "pass"])
        self.assertGreater(large.memory, 200)
        self.assertLess(small.memory, 100)

    def test_a_process_that_fails_ends_the_benchmark(self):
        with self.assertRaisesRegex(BenchError, "ended with 3\nwhy"):
            runs.run([sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)"])


class Agreement(unittest.TestCase):
    def test_the_item_on_which_two_disagree_is_named(self):
        results = {"floor": [result(1, None)], "sekisho": [result(1, "CN")], "opa": [result(1, "CC")]}
        with self.assertRaisesRegex(BenchError, "opa says C of the item in line 2, sekisho says N"):
            judging.agreement(results, "f")

    def test_errors_are_no_verdicts(self):
        with self.assertRaisesRegex(BenchError, "expected both C and N"):
            judging.agreement({"sekisho": [result(1, "CNE")]}, "f")


class Document(unittest.TestCase):
    def test_only_what_stands_between_the_markers_is_written(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "p.md"
            file.write_text("a\n<!-- bench:begin x -->\nold\n<!-- bench:end x -->\nb\n", encoding="utf-8")
            with mock.patch.object(document, "DOCUMENT", file):
                document.write({"x": "new \\1"})
                with self.assertRaisesRegex(BenchError, "markers of y stand 0 times"):
                    document.write({"y": ""})
            self.assertEqual(
                file.read_text(encoding="utf-8"), "a\n<!-- bench:begin x -->\nnew \\1\n<!-- bench:end x -->\nb\n"
            )

    def test_every_part_has_its_markers_in_the_document(self):
        text = document.DOCUMENT.read_text(encoding="utf-8")
        for name in ("machine", "judging", "scanning", "growth", "function"):
            self.assertEqual(text.count(f"<!-- bench:begin {name} -->\n"), 1, name)
            self.assertEqual(text.count(f"<!-- bench:end {name} -->"), 1, name)

    def test_the_plot_is_xml_with_a_bar_a_contender(self):
        results = {contender.NAME: [result(1000 * number)] for number, contender in enumerate(judging.CONTENDERS, 1)}
        figures = {name: judging.figures(results, name) for name in results}
        case = {"title": "S3 & bucket", "kind": "repeating", "contenders": figures}
        text = plot.draw([case], {contender.NAME: contender.TITLE for contender in judging.CONTENDERS}, "here")
        picture = xml.dom.minidom.parseString(text)
        self.assertEqual(len(picture.getElementsByTagName("rect")), 1 + len(judging.CONTENDERS))


class Baseline(unittest.TestCase):
    def compare(self, now: dict[str, float], before: dict[str, float]) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "baseline.json"
            file.write_text(json.dumps({"machine": baseline.machine.describe(), "nanoseconds": before}), encoding="utf-8")
            out = io.StringIO()
            with (
                mock.patch.object(baseline, "BASELINE", file), mock.patch.object(baseline, "measured", lambda: now),
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(out),
            ):
                return baseline.compare(1.25), out.getvalue()

    def test_what_became_slower_fails_and_is_named(self):
        code, said = self.compare({"judge": 1300, "parse": 1000}, {"judge": 1000, "parse": 1000})
        self.assertEqual(code, 1)
        self.assertIn("slower than 1.25 times the baseline: judge\n", said)

    def test_within_the_tolerance_is_well(self):
        self.assertEqual(self.compare({"judge": 1200}, {"judge": 1000})[0], 0)

    def test_a_part_that_was_not_measured_is_no_success(self):
        self.assertEqual(self.compare({"judge": 1000}, {"judge": 1000, "parse": 1000})[0], 2)


if __name__ == "__main__":
    unittest.main()
