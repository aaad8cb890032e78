#!/usr/bin/env bash
# Resolves pyproject.toml for every supported Python into constraints.txt: names, versions and markers, no address.
set -euo pipefail
cd "$(dirname "$0")/.."
resolved=$(mktemp)
trap 'rm -f "$resolved"' EXIT
uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --quiet --upgrade \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$resolved"
if grep -nE '(://|@|^-)' "$resolved"; then
  echo "an address got into the constraints; nothing was written" >&2
  exit 1
fi
{ echo "# Exact versions that the tests ran with. To renew: make constraints"; cat "$resolved"; } > constraints.txt
