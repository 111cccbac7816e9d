"""The function as Lambda runs it, beside a Python rule on rdklib and beside a function that judges nothing.

Each is a process that asks the Lambda Runtime API for events and sends PutEvaluations to an endpoint of AWS Config. Both ends
are the servers of `runtime.py`, in Python, the same for all; what they cost is in every figure.

start        from the start of the process to its first poll of the Runtime API
first event  from the event's bytes leaving to the whole PutEvaluations having arrived, first event of a process
event        the same for later events: the median of a process, then of the processes
memory       the process's peak resident set, after its events
judging      what the function's own log says that judging took, of later events

The function that judges nothing (`null-rule`) exchanges the same messages: what an event takes longer than there is the
contender's own, and not the network.
"""

from __future__ import annotations

import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from harness import BenchError, runs
from harness.places import POLICIES, RELEASE, ROOT
from measures.runtime import NOBODY, Server

RULE = ROOT / "bench" / "rdklib_rule"
BOOTSTRAP = RELEASE / "bootstrap"
KEYS = ("start", "first", "event", "memory")


def event(rule_parameters: dict, size: int) -> bytes:
    """A change of a table abroad, padded to about `size` bytes as items are."""
    attributes = [{"attributeName": f"attribute{n:04}", "attributeType": "S"} for n in range(size // 60)]
    item = {
        "resourceType": "AWS::DynamoDB::Table", "resourceId": "patients", "resourceName": "patients",
        "ARN": "arn:aws:dynamodb:us-east-1:123456789012:table/patients", "awsAccountId": "123456789012",
        "awsRegion": "us-east-1", "availabilityZone": "Not Applicable", "configurationItemStatus": "OK",
        "configurationItemVersion": "1.3", "configurationStateId": 1795395600000,
        "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "relatedEvents": [], "relationships": [], "tags": {},
        "configuration": {"tableName": "patients", "attributeDefinitions": attributes},
        "supplementaryConfiguration": {},
    }
    invoking = {
        "configurationItem": item, "configurationItemDiff": None, "messageType": "ConfigurationItemChangeNotification",
        "notificationCreationTime": "2026-11-23T01:00:01.000Z", "recordVersion": "1.3",
    }
    return json.dumps({
        "version": "1.0", "invokingEvent": json.dumps(invoking), "ruleParameters": json.dumps(rule_parameters),
        "resultToken": "token", "eventLeftScope": False, "executionRoleArn": "arn:aws:iam::123456789012:role/config",
        "configRuleArn": "arn:aws:config:ap-northeast-1:123456789012:config-rule/config-rule-1",
        "configRuleName": "japan", "configRuleId": "config-rule-1", "accountId": "123456789012",
    }).encode()


def peak_memory(pid: int) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def process(command: list[str], environment: dict, payload: bytes, events: int) -> dict:
    """One process from start to the last event."""
    server = Server()
    base = {
        "PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": server.address, "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": NOBODY,
        "AWS_ENDPOINT_URL_CONFIG_SERVICE": f"http://{server.address}",
    }
    with tempfile.TemporaryFile() as log:
        begun = time.perf_counter()
        child = subprocess.Popen(command, env=base | environment, stdout=log, stderr=subprocess.DEVNULL)
        try:
            start = server.polled.get(timeout=60) - begun
            times = [exchange(server, payload, command[0]) for _ in range(events)]
            memory = peak_memory(child.pid)
        except queue.Empty:
            raise BenchError(f"{command[0]} did not poll, or did not answer, within a minute") from None
        finally:
            child.kill()
            child.wait()
            server.http.shutdown()
        log.seek(0)
        judging = [line["duration_ms"] for line in lines(log.read()) if line.get("message") == "evaluated"]
    return {
        "start": start * 1000, "first": times[0] * 1000, "event": statistics.median(times[1:]) * 1000, "memory": memory,
        "judging": statistics.median(judging[1:]) if judging[1:] else None,
    }


def exchange(server: Server, payload: bytes, name: str) -> float:
    """One event: seconds from its leaving to its evaluation's arriving."""
    server.events.put(payload)
    sent = server.sent.get(timeout=60)
    arrived, request = server.arrived.get(timeout=60)
    (evaluation,) = request["Evaluations"]
    if evaluation["ComplianceType"] != "NON_COMPLIANT":
        raise BenchError(f"{name} said {evaluation}; all must find the table abroad")
    if failure := server.answered.get(timeout=60):
        raise BenchError(f"{name}: {failure}")
    server.polled.get(timeout=60)
    return arrived - sent


def lines(log: bytes) -> list[dict]:
    """The lines of a log that are JSON, with the fields of the event on top."""
    found = []
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry | entry.get("fields", {}))
    return found


def measure(options) -> dict:
    """All three in turn."""
    japan = {"policy": "residency-resource-region"}
    ours, peer = event(japan, options.size), event({"AssumeRoleMode": "false"}, options.size)
    python = {"PYTHONPATH": str(RULE), "LAMBDA_TASK_ROOT": str(RULE), "_HANDLER": "rule.lambda_handler"}
    peer_command = [sys.executable, "-m", "awslambdaric", "rule.lambda_handler"]
    jobs = {
        "bootstrap": lambda: process([str(BOOTSTRAP)], {"SEKISHO_POLICIES": str(POLICIES)}, ours, options.events),
        "rdklib": lambda: process(peer_command, python, peer, options.events),
        "null": lambda: process([str(RELEASE / "null-rule")], {}, ours, options.events),
    }
    results = runs.alternate(jobs, options.runs, "the function")
    own = [
        {"own": ours_["event"] - null["event"], "share": (ours_["event"] - null["event"]) / ours_["event"] * 100}
        for ours_, null in zip(results["bootstrap"], results["null"], strict=True)
    ]
    plain, zipped = sizes()
    judging = [result["judging"] for result in results["bootstrap"] if result["judging"] is not None]
    return {
        "processes": options.runs, "events": options.events, "eventBytes": len(ours), "plainMiB": plain, "zippedMiB": zipped,
        "medians": {name: {key: runs.median(results[name], key) for key in KEYS} for name in jobs},
        "ratios": {key: runs.ratio(results, "rdklib", "bootstrap", key) for key in KEYS},
        "own": runs.spread(runs.column(own, "own")), "share": runs.spread(runs.column(own, "share")),
        "judging": statistics.median(judging) if judging else None,
    }


def sizes() -> tuple[float, float]:
    """MiB of the binary, plain and zipped."""
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.write(BOOTSTRAP, "bootstrap")
        return BOOTSTRAP.stat().st_size / 2**20, target.tell() / 2**20


def tables(value: dict) -> str:
    """Markdown: the function."""
    medians = value["medians"]
    parts = [
        f"{value['processes']} processes of each in turn, {value['events']} events a process, the event "
        f"{value['eventBytes'] / 1000:.0f} kB. `bootstrap`, release profile: {value['plainMiB']:.1f} MiB, zipped "
        f"{value['zippedMiB']:.1f} MiB.\n",
        "| | `bootstrap` | Python on rdklib | × `bootstrap` | judging nothing |\n|---|--:|--:|--:|--:|",
    ]
    for key, title, unit in (
        ("start", "start to first poll", "ms"),
        ("first", "first event to PutEvaluations", "ms"),
        ("event", "later event to PutEvaluations", "ms"),
        ("memory", "peak memory", "MiB"),
    ):
        ours, peer, null = (medians[name][key] for name in ("bootstrap", "rdklib", "null"))
        parts.append(
            f"| {title} | {ours:.2f} {unit} | {peer:.2f} {unit} | {runs.times(value['ratios'][key])} | {null:.2f} {unit} |"
        )
    judging = f", of which its log says {value['judging']:.2f} ms are judging" if value["judging"] is not None else ""
    parts.append(
        f"\nOf a later event {runs.times(value['own'], 2)} ms are `bootstrap`'s own{judging}: "
        f"{runs.times(value['share'], 0)} % of the time. The rest is the exchange of the messages with the servers here."
    )
    return "\n".join(parts)


def summary(value: dict) -> list[str]:
    """Lines for the terminal."""
    return [line for line in tables(value).splitlines() if line.startswith("| ") or line.startswith("Of ")]
