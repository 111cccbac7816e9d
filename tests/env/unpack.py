#!/usr/bin/env python3
"""Takes single programs out of wheels: AWS's Runtime Interface Emulator and OPA's library.

In:  the folder of the wheels, the virtual environment.
Out: <venv>/bin/aws-lambda-rie, <venv>/lib/opa/libopa.so; exit 2 where a wheel holds something else than expected.
"""

from __future__ import annotations

import platform
import sys
import zipfile
from pathlib import Path

EMULATORS = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64", "arm64": "aws-lambda-rie-arm64"}


def unpack(wheels: Path, pattern: str, endings: tuple[str, ...], target: Path) -> None:
    """Writes the one file of the one wheel that ends so, as an executable."""
    found = [(wheel, name) for wheel in wheels.glob(pattern)
             for name in zipfile.ZipFile(wheel).namelist() if name.endswith(endings)]
    if len(found) != 1:
        names = ", ".join(name for _, name in found) or "none"
        print(f"error: expected one *{endings[0]} in {pattern}, found {names}; "
              "has the version in make_venv.sh changed?", file=sys.stderr)
        sys.exit(2)
    wheel, name = found[0]
    target.write_bytes(zipfile.ZipFile(wheel).read(name))
    target.chmod(0o755)


def main() -> None:
    wheels, venv = (Path(argument) for argument in sys.argv[1:])
    emulator = EMULATORS.get(platform.machine(), EMULATORS["x86_64"])
    unpack(wheels, "aws_sam_cli-*.whl", (f"/{emulator}",), venv / "bin/aws-lambda-rie")
    unpack(wheels, "opa_golib*.whl", (".so", ".dylib", ".dll"), venv / "lib/opa/libopa.so")


if __name__ == "__main__":
    main()
