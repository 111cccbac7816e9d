"""Measures the function beside a Python rule on rdklib, in one run, and prints a Markdown table.

Both are run as Lambda runs them: as a process that asks the Lambda Runtime API for events and sends PutEvaluations to an
endpoint of AWS Config. Both ends are the servers below, in Python, the same for both; what they cost is in both figures.

start        from the start of the process to its first poll of the Runtime API
first event  from the event's bytes leaving to the whole PutEvaluations having arrived, first event of a process
event        the same for later events: the median of a process, then of the processes
memory       the process's peak resident set, after its events
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import queue
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULE = ROOT / "bench" / "rdklib_rule"
NOBODY = "http://127.0.0.1:9"


class Server:
    """The Runtime API and AWS Config's PutEvaluations for one process at a time."""

    def __init__(self) -> None:
        self.events: queue.Queue[bytes] = queue.Queue()
        self.polled: queue.Queue[float] = queue.Queue()
        self.sent: queue.Queue[float] = queue.Queue()
        self.arrived: queue.Queue[tuple[float, dict]] = queue.Queue()
        self.answered: queue.Queue[str] = queue.Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet an answer: two would meet delayed acknowledgements and cost both sides 40 ms.
            wbufsize = -1
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def reply(self, status, body, headers=()):
                self.send_response(status)
                for name, value in (("Content-Length", str(len(body))), *headers):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                outer.polled.put(time.perf_counter())
                event = outer.events.get()
                deadline = str(int(time.time() * 1000) + 60_000)
                headers = (
                    ("Content-Type", "application/json"),
                    ("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000001"),
                    ("Lambda-Runtime-Deadline-Ms", deadline),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ap-northeast-1:123456789012:function:f"),
                    ("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0"),
                )
                outer.sent.put(time.perf_counter())
                self.reply(200, event, headers)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("X-Amz-Target", "").endswith(".PutEvaluations"):
                    outer.arrived.put((time.perf_counter(), json.loads(body)))
                    self.reply(200, b'{"FailedEvaluations": []}', (("Content-Type", "application/x-amz-json-1.1"),))
                else:
                    self.reply(202, b'{"status": "OK"}')
                    outer.answered.put("error: " + body.decode() if self.path.endswith("/error") else "")

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.http.server_port}"


def event(policy_parameters: dict, size: int) -> bytes:
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
        "version": "1.0", "invokingEvent": json.dumps(invoking), "ruleParameters": json.dumps(policy_parameters),
        "resultToken": "token", "eventLeftScope": False, "executionRoleArn": "arn:aws:iam::123456789012:role/config",
        "configRuleArn": "arn:aws:config:ap-northeast-1:123456789012:config-rule/config-rule-1",
        "configRuleName": "japan", "configRuleId": "config-rule-1", "accountId": "123456789012",
    }).encode()


def peak_memory(pid: int) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def measure(command: list[str], environment: dict, payload: bytes, events: int) -> dict:
    """One process from start to the last event."""
    server = Server()
    base = {
        "PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": server.address, "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": NOBODY,
        "AWS_ENDPOINT_URL_CONFIG_SERVICE": f"http://{server.address}",
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=base | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        start = server.polled.get(timeout=60) - begun
        times = []
        for _ in range(events):
            server.events.put(payload)
            sent = server.sent.get(timeout=60)
            arrived, request = server.arrived.get(timeout=60)
            (evaluation,) = request["Evaluations"]
            if evaluation["ComplianceType"] != "NON_COMPLIANT":
                sys.exit(f"error: {command[0]} said {evaluation}; both must find the table abroad")
            if failure := server.answered.get(timeout=60):
                sys.exit(f"error: {command[0]}: {failure}")
            server.polled.get(timeout=60)
            times.append(arrived - sent)
        return {"start": start, "first": times[0], "event": statistics.median(times[1:]), "memory": peak_memory(process.pid)}
    finally:
        process.kill()
        process.wait()
        server.http.shutdown()


def sizes(bootstrap: Path) -> tuple[float, float]:
    """MiB of the binary, plain and zipped."""
    target = bootstrap.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(bootstrap, "bootstrap")
    result = bootstrap.stat().st_size / 2**20, target.stat().st_size / 2**20
    target.unlink()
    return result


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", type=Path, default=ROOT / "target/release/bootstrap")
    parser.add_argument("--runs", type=int, default=11, help="processes of each kind, in turn")
    parser.add_argument("--events", type=int, default=51, help="events for each process")
    parser.add_argument("--size", type=int, default=11_000, help="bytes of the item, about")
    arguments = parser.parse_args()
    if not arguments.bootstrap.is_file():
        sys.exit(f"error: {arguments.bootstrap} is not there; run make bench, which builds it")
    japan = {"policy": "residency-resource-region"}
    contenders = {
        "bootstrap": (
            [str(arguments.bootstrap)],
            {"SEKISHO_POLICIES": str(ROOT / "policies")},
            event(japan, arguments.size),
        ),
        "rdklib": (
            [sys.executable, "-m", "awslambdaric", "rule.lambda_handler"],
            {"PYTHONPATH": str(RULE), "LAMBDA_TASK_ROOT": str(RULE), "_HANDLER": "rule.lambda_handler"},
            event({"AssumeRoleMode": "false"}, arguments.size),
        ),
    }
    runs: dict[str, list[dict]] = {name: [] for name in contenders}
    # In turn, so that both meet the same drift of the machine; the first of each warms the caches up and is dropped.
    for number in range(arguments.runs + 1):
        for name, (command, environment, payload) in contenders.items():
            result = measure(command, environment, payload, arguments.events)
            if number:
                runs[name].append(result)
    plain, zipped = sizes(arguments.bootstrap)
    today = datetime.date.today().isoformat()
    print(f"Measured {today} on {os.cpu_count()} cores of {processor()}, {platform.system()} {platform.release()},")
    print(f"Python {platform.python_version()}, by `make bench`: medians of {arguments.runs} processes each, in turn;")
    print(f"{arguments.events} events a process, the event {len(contenders['bootstrap'][2]) / 1000:.0f} kB.\n")
    print(f"`bootstrap`, release profile: {plain:.1f} MiB, zipped {zipped:.1f} MiB.\n")
    print("| | `bootstrap` | Python on rdklib | ratio |\n|---|---|---|---|")
    for key, title, factor, unit in (
        ("start", "start to first poll", 1000, "ms"),
        ("first", "first event to PutEvaluations", 1000, "ms"),
        ("event", "later event to PutEvaluations", 1000, "ms"),
        ("memory", "peak memory", 1, "MiB"),
    ):
        ours, peer = (statistics.median(run[key] for run in runs[name]) * factor for name in contenders)
        print(f"| {title} | {ours:.1f} {unit} | {peer:.1f} {unit} | {peer / ours:.1f} |")


if __name__ == "__main__":
    main()
