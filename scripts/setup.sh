#!/usr/bin/env bash
# Creates the virtual environment $1 with exactly the versions of constraints.txt: with uv where it works, else with pip.
set -euo pipefail
venv=${1:-.venv}
cd "$(dirname "$0")/.."

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

python=""
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
  if [ -n "$candidate" ] && suits "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "kontoklar needs Python 3.11 or newer; name one with PYTHON=/path/to/python make …" >&2
  exit 2
fi
python=$("$python" -c 'import sys; print(sys.executable)')

if uv --version >/dev/null 2>&1; then
  [ -x "$venv/bin/python" ] && suits "$venv/bin/python" || uv venv --quiet --clear --python "$python" "$venv"
  uv pip install --quiet --compile-bytecode --python "$venv/bin/python" --constraint constraints.txt --editable '.[dev]'
else
  if ! { [ -x "$venv/bin/python" ] && suits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    "$python" -m venv --clear "$venv" || {
      echo "Python's venv module is incomplete: install your system's python3-venv package, or uv" >&2
      exit 2
    }
  fi
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
fi
