#!/usr/bin/env python3
"""A container CLI without containers: runs a Lambda function as a process of this machine.

In:  the commands that fakecloud gives to `docker` (FAKECLOUD_CONTAINER_CLI names this file instead): info, pull,
     create, cp, start, port, logs, rm. From the environment: RIG_CONTAINERS (a folder), RIG_PROCESS (the process
     that must be alive), RIG_FUNCTIONS (the ARN before the function's name).
Out: a folder for each container with its files, its log and the ids of its processes; `port` answers where the
     function takes invocations.

`/opt` and `/var/task` are folders in the container's folder, so values of the environment that begin so are rewritten.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

CONTAINERS = Path(os.environ["RIG_CONTAINERS"])
# Names that a container has for the machine it runs on.
HOST_NAMES = ("host.docker.internal", "host.containers.internal")
START_LIMIT_S = 10
POLL_S = 0.01


def create(arguments: list[str]) -> str:
    """`create OPTION VALUE ... IMAGE HANDLER`: remembers environment and labels. The options fakecloud uses all have
    a value."""
    environment, labels = {}, {}
    while arguments and arguments[0].startswith("-"):
        option, value, *arguments = arguments
        name, given, text = value.partition("=")
        if option == "-e":
            # Without a value it is copied from the environment of this command.
            environment[name] = text if given else os.environ[name]
        elif option == "--label":
            labels[name] = text
    container = CONTAINERS / uuid.uuid4().hex
    container.mkdir(parents=True)
    (container / "container.json").write_text(json.dumps({"environment": environment, "labels": labels}))
    # It holds credentials, if only of an emulator.
    (container / "container.json").chmod(0o600)
    return container.name


def copy(source: str, target: str) -> None:
    """`cp SOURCE/. CONTAINER:FOLDER`."""
    name, _, folder = target.partition(":")
    shutil.copytree(source, CONTAINERS / name / folder.lstrip("/"), dirs_exist_ok=True)


def function_environment(container: Path) -> dict[str, str]:
    """What `bootstrap` sees; nothing of this machine's own environment."""
    known = json.loads((container / "container.json").read_text())

    def rewritten(value: str) -> str:
        for host in HOST_NAMES:
            value = value.replace(host, "127.0.0.1")
        inside = value.startswith(("/opt", "/var/task"))
        return str(container / value.lstrip("/")) if inside else value

    environment = {name: rewritten(value) for name, value in known["environment"].items()}
    environment["LAMBDA_TASK_ROOT"] = str(container / "var/task")
    # The credentials are those that fakecloud gave; no others are looked for.
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    return environment


def start(name: str) -> None:
    """`start CONTAINER`: the Runtime API with `bootstrap` behind it, in a process group of its own."""
    container = CONTAINERS / name
    labels = json.loads((container / "container.json").read_text())["labels"]
    # Group and others may have lost the right to execute on the way through the zip.
    (container / "var/task/bootstrap").chmod(0o755)
    server = Path(__file__).with_name("runtime_api.py")
    arn = os.environ["RIG_FUNCTIONS"] + labels["fakecloud-lambda"]
    with (container / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(server), str(container), arn, os.environ["RIG_PROCESS"]],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=function_environment(container), start_new_session=True,
        )
    (container / "pid").write_text(str(process.pid))
    limit = time.monotonic() + START_LIMIT_S
    while not (container / "port").exists():
        if process.poll() is not None or time.monotonic() > limit:
            sys.exit(f"{name}: the function did not start: {(container / 'log').read_text()}")
        time.sleep(POLL_S)


def remove(name: str) -> None:
    """`rm -f CONTAINER`: ends its processes. The folder stays, because its log may be wanted."""
    pid = CONTAINERS / name / "pid"
    if pid.exists():
        try:
            os.killpg(int(pid.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            pass
        pid.unlink()


def main(arguments: list[str]) -> None:
    match arguments:
        case ["info"] | ["pull", *_] | ["image", "inspect", *_]:
            pass
        case ["create", *rest]:
            print(create(rest))
        case ["cp", source, target]:
            copy(source, target)
        case ["start", name]:
            start(name)
        case ["port", name, _]:
            print(f"127.0.0.1:{(CONTAINERS / name / 'port').read_text()}")
        case ["logs", *_, name]:
            print((CONTAINERS / name / "log").read_text(errors="replace"), end="")
        case ["rm", *_, name]:
            remove(name)
        case _:
            # Among them what asks for the network and for containers of earlier runs: there are none.
            sys.exit(f"not a command of this container CLI: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
