#!/usr/bin/env python3
"""The Lambda Runtime API for one `bootstrap`, and the address that takes its invocations.

In:  the container's folder (var/task/bootstrap in it), the function's ARN, the process that must be alive.
Out: `port` in the folder once it listens; POST /2015-03-31/functions/function/invocations runs the function and
     gives its answer, as AWS's Runtime Interface Emulator does. That emulator is not taken because it invents the
     ARN, which tells the function the account that it is in.

Source of the Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# How often a waiting thread looks whether the function and the rig still live.
LOOK_S = 0.5


class Invocation:
    """One invocation: what goes in, and where what comes out arrives."""

    def __init__(self, body: bytes):
        self.id = str(uuid.uuid4())
        self.body = body
        self.answer: queue.Queue[bytes] = queue.Queue()


class Runtime:
    """The function's process and its invocations."""

    def __init__(self, arn: str, rig: int, timeout_s: int):
        self.arn, self.rig, self.timeout_s = arn, rig, timeout_s
        self.waiting: queue.Queue[Invocation] = queue.Queue()
        self.running: dict[str, Invocation] = {}
        self.process: subprocess.Popen | None = None

    def invoke(self, body: bytes) -> bytes:
        invocation = Invocation(body)
        self.waiting.put(invocation)
        limit = time.monotonic() + self.timeout_s
        while time.monotonic() < limit:
            try:
                return invocation.answer.get(timeout=LOOK_S)
            except queue.Empty:
                status = self.process.poll()
                if status is not None:
                    return error("Runtime.ExitError", f"the function's process ended with status {status}")
        self.process.kill()
        return error("Sandbox.Timedout", f"the function took longer than {self.timeout_s} s")

    def next(self) -> Invocation:
        while True:
            try:
                invocation = self.waiting.get(timeout=LOOK_S)
            except queue.Empty:
                self.end_without_rig()
                continue
            self.running[invocation.id] = invocation
            return invocation

    def end_without_rig(self) -> None:
        """Where the rig was killed and could not clean up: does not outlive it."""
        try:
            os.kill(self.rig, 0)
        except ProcessLookupError:
            self.process.kill()
            os._exit(1)


def error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class Handler(BaseHTTPRequestHandler):
    runtime: Runtime
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not self.path.endswith("/runtime/invocation/next"):
            return self.send(404, b"{}")
        invocation = self.runtime.next()
        deadline = int((time.time() + self.runtime.timeout_s) * 1000)
        return self.send(200, invocation.body, {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self.runtime.arn,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
        })

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith("/functions/function/invocations"):
            return self.send(200, self.runtime.invoke(body))
        match self.path.split("/"):
            case [*_, "invocation", known, "response" | "error"] if known in self.runtime.running:
                self.runtime.running.pop(known).answer.put(body)
                return self.send(202, b"{}")
            case [*_, "init", "error"]:
                print(f"init error: {body.decode(errors='replace')}", flush=True)
                return self.send(202, b"{}")
        return self.send(404, error("NotFound", self.path))

    def send(self, status: int, body: bytes, headers: dict | None = None):
        self.send_response(status)
        common = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in {**common, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The log is the function's."""


def main() -> None:
    container, arn, rig = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    runtime = Runtime(arn, rig, int(os.environ["AWS_LAMBDA_FUNCTION_TIMEOUT"]))
    Handler.runtime = runtime
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
    runtime.process = subprocess.Popen([container / "var/task/bootstrap"], env=environment, cwd=container)
    # Written under another name first, so that nobody reads half of it.
    (container / "port.new").write_text(str(port))
    (container / "port.new").rename(container / "port")
    server.serve_forever()


if __name__ == "__main__":
    main()
