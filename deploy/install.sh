#!/bin/sh
# Creates the virtual environment and installs from a hash-locked list: install.sh PYTHON VENV LIST
set -eu
python=$1
venv=$2
list=$3
"$python" - <<'PY' || exit 2
import sys
if sys.version_info < (3, 11):
    sys.exit("sala needs Python 3.11 or newer; this is %d.%d. Try: make install PYTHON=python3.12" % sys.version_info[:2])
PY
if [ ! -x "$venv/bin/python" ]; then
  if ! "$python" -m venv "$venv" 2>/dev/null; then
    rm -rf "$venv"
    "$python" -m venv --without-pip "$venv" || { echo "cannot create $venv: install the package python3-venv" >&2; exit 2; }
  fi
fi
if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  pip="$venv/bin/python -m pip"
elif "$python" -m pip --version >/dev/null 2>&1; then
  pip="$python -m pip --python $venv/bin/python"
else
  echo "no pip for $venv: install the package python3-venv (or python3-pip)" >&2
  exit 2
fi
# Only hashed wheels, then this tree itself with the build backend that the list brought along.
$pip install -q --require-hashes --only-binary :all: -r "$list"
$pip install -q --no-deps --no-build-isolation -e .
