#!/usr/bin/env bash
# Serves the daily flow on working days. Without PREFECT_API_URL a Prefect server is started here for as long as it runs.
set -euo pipefail
bin=${1:-.venv/bin}
cd "$(dirname "$0")/.."
export DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false
# The first version of the UI needs nothing but its server; the second asks a service for usage figures.
export PREFECT_SERVER_UI_V2_ENABLED=false PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT=false

if [ -z "${PREFECT_API_URL:-}" ]; then
  host=${PREFECT_SERVER_API_HOST:-127.0.0.1} port=${PREFECT_SERVER_API_PORT:-4200}
  # By these and not by --port: the UI would go on calling 4200.
  export PREFECT_SERVER_API_HOST=$host PREFECT_SERVER_API_PORT=$port PREFECT_API_URL="http://$host:$port/api"
  "$bin/prefect" server start &
  server=$!
  trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
  for _ in $(seq 240); do
    kill -0 "$server" 2>/dev/null || { echo "the Prefect server did not start" >&2; exit 1; }
    if "$bin/python" -c "import httpx, sys; sys.exit(httpx.get('$PREFECT_API_URL/health').status_code != 200)" 2>/dev/null; then
      break
    fi
    sleep 0.5
  done
fi
"$bin/python" flows.py
