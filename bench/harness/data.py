"""Generated data: made once, kept under `target/bench-data`, made anew when the generator changes.

In: what is wanted. Out: a file. A file's name has the numbers that it follows from; the seed is fixed, so that the same
code gives the same bytes on any machine.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

from harness import runs
from harness.places import DATA, POLICIES, RELEASE, ROOT

SEED = 20261123
KINDS = ("repeating", "distinct")


def generator() -> str:
    """What stands for the generator's code in the names."""
    sources = sorted((ROOT / "bench/rust/src/items").glob("*.rs"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


def make(kind: str, selection: str, count: int, ending: str) -> tuple[Path, dict]:
    """A file of `count` items, and how many items and bytes of JSON it has."""
    file = DATA / f"{kind}-{selection}-{count}-{SEED}-{generator()}.{ending}"
    about = file.with_suffix(".about.json")
    if not (file.is_file() and about.is_file()):
        DATA.mkdir(parents=True, exist_ok=True)
        print(f"making {file.relative_to(ROOT)}", file=sys.stderr, flush=True)
        command = [str(RELEASE / "make-items"), kind, selection, str(count), str(SEED), str(file)]
        about.write_text(json.dumps(runs.run(command).answer()), encoding="utf-8")
    return file, json.loads(about.read_text(encoding="utf-8")) | {"packed": file.stat().st_size}


def lines(kind: str, selection: str, count: int) -> tuple[Path, dict]:
    """An item a line."""
    return make(kind, selection, count, "jsonl")


def snapshot(kind: str, count: int) -> tuple[Path, dict]:
    """A gzipped snapshot with items of all types."""
    return make(kind, "all", count, "json.gz")


def crowd(times: int) -> tuple[Path, int]:
    """The pack with copies of one of its policies, under other ids and for a type that no item has, until there are `times`
    as many; and how many there are."""
    folder = DATA / f"policies-x{times}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(POLICIES, folder)
    own = [file for file in folder.rglob("*.rego") if file.parent.name != "lib" and not file.stem.endswith("_test")]
    source = (POLICIES / "medical-jp/dynamodb-pitr.rego").read_text(encoding="utf-8")
    strange = source.replace("AWS::DynamoDB::Table", "AWS::QLDB::Ledger")
    (folder / "crowd").mkdir()
    for number in range(len(own) * (times - 1)):
        copy = strange.replace("id: dynamodb-pitr", f"id: crowd-{number}", 1)
        copy = copy.replace("sekisho_policies.dynamodb_pitr", f"sekisho_policies.crowd_{number}", 1)
        (folder / "crowd" / f"crowd-{number}.rego").write_text(copy, encoding="utf-8")
    return folder, len(own) * times
