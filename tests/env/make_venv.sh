#!/usr/bin/env bash
# Makes .venv with what the tests need beside Rust: Python packages, AWS's Runtime Interface Emulator out of the wheel
# of the SAM CLI, and real OPA as a shared library out of the wheel of its Python bindings. Does nothing where all of it
# is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv
stamp=$venv/.made-from
sam_cli=aws-sam-cli==1.170.0
opa=opa-golib-python-bindings==0.4.4
wanted=$(cat tests/requirements.txt tests/env/make_venv.sh | sha256sum | cut -d' ' -f1)

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
command -v python3 >/dev/null || { echo "error: python3 is not installed; install Python 3.9 or later" >&2; exit 2; }

echo "making $venv: moto, cfn-lint, the SAM translator, the Runtime Interface Emulator, OPA" >&2
rm -rf "$venv"
python3 -m venv "$venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$venv/bin/pip" install --quiet -r tests/requirements.txt

wheels=$venv/wheels
mkdir -p "$wheels" "$venv/lib/opa"
"$venv/bin/pip" download --quiet --no-deps --dest "$wheels" "$sam_cli"
# The bindings declare a newer Python than they need for the library that they carry.
"$venv/bin/pip" download --quiet --no-deps --python-version 3.14 --only-binary=:all: --dest "$wheels" "$opa"
"$venv/bin/python" - "$wheels" "$venv" <<'PYTHON'
import glob, os, sys, zipfile
wheels, venv = sys.argv[1:]

def unpack(pattern, wanted, target):
    (wheel,) = glob.glob(os.path.join(wheels, pattern))
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if wanted(name)]
        if len(names) != 1:
            sys.exit(f"error: expected one file in {wheel}, found {names}; the pinned version has changed")
        with open(target, "wb") as out:
            out.write(archive.read(names[0]))
    os.chmod(target, 0o755)

unpack("aws_sam_cli-*.whl", lambda n: n.endswith("/aws-lambda-rie-x86_64"), os.path.join(venv, "bin/aws-lambda-rie"))
unpack("opa_golib*.whl", lambda n: n.endswith(".so"), os.path.join(venv, "lib/opa/libopa.so"))
PYTHON
rm -rf "$wheels"
echo "$wanted" > "$stamp"
