"""The Lambda Runtime API and AWS Config's PutEvaluations for one process at a time, on this machine.

In: events, put into a queue. Out: the times at which the process polled, the event left and the evaluations arrived.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOBODY = "http://127.0.0.1:9"


class Server:
    """Both ends."""

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
