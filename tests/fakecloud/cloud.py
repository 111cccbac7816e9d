"""fakecloud as a process, and the accounts in it.

In:  the binary, a folder for this run.
Out: clients for each account; the logs of fakecloud and of the functions; nothing left running afterwards.

Identities may do only what their policies allow (`--iam strict`, which fakecloud keeps for IAM, S3, STS and Lambda,
not for AWS Config), and signatures are checked.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

from report import wait_until

REGION = "ap-northeast-1"
HERE = Path(__file__).resolve().parent
# fakecloud gives this account to its own root credentials.
CENTRAL = "123456789012"
MEMBER = "210987654321"
STOP_LIMIT_S = 20
# Without the calls that answer with an error: a user without a password is one.
LOG_LEVEL = "warn,fakecloud_core::dispatch=error,fakecloud=error,fakecloud::iam::audit=warn"
# This machine's own addresses are not asked for through a proxy.
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Account:
    """One account, by the credentials of an administrator."""

    def __init__(self, url: str, number: str, credentials: dict):
        self.url, self.number, self.credentials = url, number, credentials

    def client(self, service: str, region: str = REGION):
        """A client of boto3; every failure is seen at once."""
        return boto3.client(
            service, endpoint_url=self.url, region_name=region,
            aws_access_key_id=self.credentials["accessKeyId"],
            aws_secret_access_key=self.credentials["secretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=400, proxies={},
                          s3={"addressing_style": "path"}),
        )


class Fakecloud:
    """A running fakecloud with nothing in it."""

    def __init__(self, binary: Path, folder: Path):
        self.folder = folder
        self.containers = folder / "containers"
        self.containers.mkdir()
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self.log = folder / "fakecloud.log"
        environment = {
            # The container CLI is to run under this Python.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "FAKECLOUD_CONTAINER_CLI": str(HERE / "container_cli.py"),
            "RIG_CONTAINERS": str(self.containers),
            "RIG_PROCESS": str(os.getpid()),
            "RIG_FUNCTIONS": f"arn:aws:lambda:{REGION}:{CENTRAL}:function:",
            "TMPDIR": str(folder),
            "NO_COLOR": "1",
        }
        command = [binary, "--addr", address, "--region", REGION, "--account-id", CENTRAL,
                   "--iam", "strict", "--verify-sigv4", "--log-level", LOG_LEVEL]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT, cwd=folder)

    def wait(self) -> None:
        """Until it answers."""
        def answers() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"fakecloud ended with status {self.process.returncode}: {self.log.read_text()}")
            try:
                with LOCAL.open(f"{self.url}/_fakecloud/health", timeout=2) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError):
                return False
        wait_until("fakecloud answers", answers)

    def account(self, number: str) -> Account:
        """An account with an administrator; fakecloud makes it where it is not there."""
        body = json.dumps({"accountId": number, "userName": "rig-admin"}).encode()
        request = urllib.request.Request(f"{self.url}/_fakecloud/iam/create-admin", data=body,
                                         headers={"Content-Type": "application/json"})
        with LOCAL.open(request, timeout=10) as answer:
            return Account(self.url, number, json.load(answer))

    def root(self) -> Account:
        """The central account by credentials that fakecloud lets do everything, whatever policies say."""
        return Account(self.url, CENTRAL, {"accessKeyId": "test", "secretAccessKey": "test"})

    def function_logs(self) -> str:
        """What all functions wrote."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.containers.glob("*/log")))

    def stop(self) -> None:
        """Ends fakecloud and every function that it left."""
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in self.containers.glob("*/pid"):
            try:
                os.killpg(int(pid.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
