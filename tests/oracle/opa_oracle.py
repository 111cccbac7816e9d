#!/usr/bin/env python3
"""Real OPA as an oracle: what OPA itself answers where Sekisho answers by regorus.

OPA comes as a shared library (``libopabridge.so``, found in the wheel
``opa-golib-python-bindings``), so neither a binary nor a network is needed. Its path is
given with ``--library`` or in the environment variable ``OPA_LIBRARY``.

In:  ``eval [JOBS]``   a JSON array of jobs, from a file or from standard input:
                       ``{"id", "modules": {path: source}, "data", "input", "query"}``
     ``test PATH...``  Rego files or folders; every module is loaded, and each rule ``test_*``
                       of a ``*_test.rego`` is evaluated, as ``opa test`` does.
Out: ``eval``          a JSON array in the order of the jobs: ``{"id", "value"}``,
                       ``{"id", "undefined": true}`` or ``{"id", "error"}``. A set is a sorted array.
     ``test``          a line for each test and a summary; ``--json`` prints
                       ``[{"file", "line", "name", "result", "message"}]``.

Exit: 0 all is well, 1 a test failed, 2 the oracle itself could not work (a job with an error
is an answer, not a failure).

Only the standard library is used. The library treats builtin errors as errors of the
evaluation (``opa eval --strict-builtin-errors``), as Sekisho does.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import sys
from pathlib import Path

LIBRARY_VARIABLE = "OPA_LIBRARY"
TEST_RULE = re.compile(r"^((?:todo_)?test_[A-Za-z0-9_]*)\b", re.MULTILINE)
PACKAGE = re.compile(r"^package\s+([A-Za-z0-9_.]+)", re.MULTILINE)


class OracleError(Exception):
    """The oracle cannot do its work: no library, no such file, a broken job file."""


class OpaError(Exception):
    """OPA answered with an error: of the parser, the compiler or the evaluation."""


class Library:
    """The functions of the shared library that the oracle needs."""

    def __init__(self, path: str | None) -> None:
        if not path:
            raise OracleError(f"no OPA library: give --library, or set {LIBRARY_VARIABLE}")
        try:
            lib = ctypes.CDLL(str(path))
        except OSError as error:
            raise OracleError(f"{path}: cannot be loaded: {error}") from error
        handle, text, pointer = ctypes.c_uint64, ctypes.c_char_p, ctypes.c_void_p
        signatures = {
            "OpaNew": (handle, []),
            "OpaDestroy": (None, [handle]),
            "OpaFreeString": (None, [pointer]),
            "OpaAddPolicy": (pointer, [handle, text, text]),
            "OpaAddData": (pointer, [handle, text, text]),
            # handle, query, input, coverage, trace
            "OpaEvalQuery": (pointer, [handle, text, text, ctypes.c_int, ctypes.c_int]),
        }
        for name, (result, arguments) in signatures.items():
            try:
                function = getattr(lib, name)
            except AttributeError as error:
                raise OracleError(f"{path}: has no {name}; expected libopabridge.so 0.4.x") from error
            function.restype, function.argtypes = result, arguments
        self.lib = lib

    def call(self, function: str, *arguments: object) -> dict:
        """One call, its answer freed; raises OpaError where the answer is an error."""
        pointer = getattr(self.lib, function)(*arguments)
        if not pointer:
            raise OpaError(f"{function} gave no answer")
        try:
            answer = json.loads(ctypes.string_at(pointer))
        finally:
            self.lib.OpaFreeString(pointer)
        error = answer.get("error")
        if error is not None:
            raise OpaError(f"{error.get('code', 'unknown')}: {error.get('message', '')}")
        return answer


class Engine:
    """One OPA with its modules and data."""

    def __init__(self, library: Library, modules: dict[str, str], data: object = None) -> None:
        self.library = library
        self.handle = library.lib.OpaNew()
        try:
            for path, source in modules.items():
                library.call("OpaAddPolicy", self.handle, c_text(path), c_text(source))
            if data is not None:
                library.call("OpaAddData", self.handle, b"", c_json(data))
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Frees the engine."""
        self.library.lib.OpaDestroy(self.handle)

    def evaluate(self, query: str, document: object = None) -> tuple[bool, object]:
        """Whether the query has a value, and which."""
        text = c_text(f"value := {query}")
        given = b"" if document is None else c_json(document)
        answer = self.library.call("OpaEvalQuery", self.handle, text, given, 0, 0)
        results = answer.get("result") or []
        if not results:
            return False, None
        return True, results[0]["bindings"]["value"]


def c_text(text: str) -> bytes:
    """A C string; a NUL would cut it silently."""
    if "\0" in text:
        raise OpaError("a text with a NUL character cannot be handed to OPA")
    return text.encode("utf-8")


def c_json(value: object) -> bytes:
    """A JSON document as a C string."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def answer_job(library: Library, job: dict) -> dict:
    """What OPA says to one job."""
    try:
        engine = Engine(library, job["modules"], job.get("data"))
    except OpaError as error:
        return {"id": job["id"], "error": str(error)}
    try:
        defined, value = engine.evaluate(job["query"], job.get("input"))
    except OpaError as error:
        return {"id": job["id"], "error": str(error)}
    finally:
        engine.close()
    return {"id": job["id"], "value": value} if defined else {"id": job["id"], "undefined": True}


def read_jobs(path: str) -> list[dict]:
    """The jobs of a file, or of standard input for ``-``."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        jobs = json.loads(text)
    except (OSError, ValueError) as error:
        raise OracleError(f"{path}: {error}") from error
    if not isinstance(jobs, list):
        raise OracleError(f"{path}: expected an array of jobs")
    for index, job in enumerate(jobs):
        missing = {"id", "modules", "query"} - set(job if isinstance(job, dict) else ())
        if missing:
            raise OracleError(f"{path}: job {index} has no {', '.join(sorted(missing))}")
    return jobs


def rego_files(paths: list[str]) -> list[Path]:
    """The Rego files at or below the paths, sorted."""
    files: set[Path] = set()
    for name in paths:
        path = Path(name)
        if not path.exists():
            raise OracleError(f"{name}: no such file or folder")
        files.update(path.rglob("*.rego") if path.is_dir() else [path])
    if not files:
        raise OracleError(f"no .rego file in {', '.join(paths)}")
    return sorted(files)


def run_tests(library: Library, paths: list[str]) -> list[dict]:
    """One result for each test rule, in the order of files and lines."""
    sources = {str(path): path.read_text(encoding="utf-8") for path in rego_files(paths)}
    try:
        engine = Engine(library, sources)
        try:
            engine.evaluate("true")
        finally:
            engine.close()
    except OpaError as error:
        return [{"file": "", "line": 0, "name": "(load)", "result": "error", "message": str(error)}]
    results = []
    for path, source in sources.items():
        if path.endswith("_test.rego"):
            engine = Engine(library, needed(path, sources))
            try:
                results.extend(run_file(engine, path, source))
            finally:
                engine.close()
    return results


def needed(path: str, sources: dict[str, str]) -> dict[str, str]:
    """A file with all that it names, and what that names: the library compiles everything at each query."""
    packages: dict[str, list[str]] = {}
    for name, source in sources.items():
        found = PACKAGE.search(source)
        if found:
            packages.setdefault(found.group(1), []).append(name)
    wanted, open_files = {path}, [path]
    while open_files:
        source = sources[open_files.pop()]
        for package, files in packages.items():
            if re.search(rf"\b(?:package\s+|data\.){re.escape(package)}\b", source):
                new = [name for name in files if name not in wanted]
                wanted.update(new)
                open_files.extend(new)
    return {name: source for name, source in sources.items() if name in wanted}


def run_file(engine: Engine, path: str, source: str) -> list[dict]:
    """The results of one test file. A rule in several pieces is one test."""
    package = PACKAGE.search(source)
    if package is None:
        return [{"file": path, "line": 0, "name": "(package)", "result": "error", "message": "no package"}]
    results: dict[str, dict] = {}
    passed = all_pass(engine, package.group(1), source)
    for found in TEST_RULE.finditer(source):
        rule = found.group(1)
        if rule in results:
            continue
        result = {
            "file": path,
            "line": source.count("\n", 0, found.start()) + 1,
            "name": f"data.{package.group(1)}.{rule}",
            "message": "",
        }
        result["result"] = "pass" if passed else judge_rule(engine, result)
        results[rule] = result
    return list(results.values())


def all_pass(engine: Engine, package: str, source: str) -> bool:
    """Whether every test of a file holds, in one query. Where one does not, each is asked for itself."""
    rules = {found.group(1) for found in TEST_RULE.finditer(source)}
    if not rules or any(rule.startswith("todo_") for rule in rules):
        return False
    names = ", ".join(f"data.{package}.{rule}" for rule in sorted(rules))
    try:
        return engine.evaluate(f"[{names}]") == (True, [True] * len(rules))
    except OpaError:
        return False


def judge_rule(engine: Engine, test: dict) -> str:
    """pass, fail, error or skipped; the message goes into the test."""
    if test["name"].rsplit(".", 1)[1].startswith("todo_"):
        return "skipped"
    try:
        defined, value = engine.evaluate(test["name"])
    except OpaError as error:
        test["message"] = str(error)
        return "error"
    if defined and value is True:
        return "pass"
    test["message"] = f"is {json.dumps(value, ensure_ascii=False)}" if defined else "is undefined"
    return "fail"


def print_tests(results: list[dict]) -> None:
    """The results for a person."""
    for test in results:
        line = f"{test['result'].upper():7} {test['file']}:{test['line']} {test['name']}"
        print(f"{line}: {test['message']}" if test["message"] else line)
    counts = {word: sum(test["result"] == word for test in results) for word in ("pass", "fail", "error", "skipped")}
    print(", ".join(f"{count} {word}" for word, count in counts.items()))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Ask real OPA.")
    parser.add_argument("--library", default=os.environ.get(LIBRARY_VARIABLE), help="path of libopabridge.so")
    modes = parser.add_subparsers(dest="mode", required=True)
    jobs = modes.add_parser("eval", help="evaluate jobs")
    jobs.add_argument("jobs", nargs="?", default="-", help="JSON file; - or nothing: standard input")
    tests = modes.add_parser("test", help="run the test_* rules of Rego files")
    tests.add_argument("paths", nargs="+", help="Rego files or folders")
    tests.add_argument("--json", action="store_true", help="print the results as JSON")
    return parser.parse_args()


def main() -> int:
    """Runs one mode; the exit code."""
    options = arguments()
    try:
        library = Library(options.library)
        if options.mode == "eval":
            answers = [answer_job(library, job) for job in read_jobs(options.jobs)]
            print(json.dumps(answers, ensure_ascii=False))
            return 0
        results = run_tests(library, options.paths)
    except OracleError as error:
        print(f"opa_oracle: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        print_tests(results)
    if not results:
        print("opa_oracle: no test_* rule found", file=sys.stderr)
        return 2
    return int(any(test["result"] in ("fail", "error") for test in results))


if __name__ == "__main__":
    sys.exit(main())
