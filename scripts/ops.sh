#!/usr/bin/env bash
# A whole Prefect to look at: server, work pool, deployments, automations, a worker, runs on the demo's books, and a
# dunning run that waits for your release. OPS_ONCE=1 stops when it waits; else it stays until Ctrl-C. Everything is
# kept in the demo's folder.
set -euo pipefail
bin=$1 demo=$2
cd "$(dirname "$0")/.."
bin=$(cd "$bin" && pwd)
[ -f "$demo/kontoklar.toml" ] || "$bin/kontoklar" demo "$demo"
demo=$(cd "$demo" && pwd)
"$bin/kontoklar" --config "$demo/kontoklar.toml" init >/dev/null # an older demo

# The demo's books, and letters wait for a person.
{ cat "$demo/kontoklar.toml"; printf '\n[dunning]\nrelease = "person"\n'; } >"$demo/ops.toml"

export DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false PREFECT_LOGGING_LEVEL=${PREFECT_LOGGING_LEVEL:-WARNING}
export PREFECT_HOME="$demo/.ops" KONTOKLAR_CONFIG="$demo/ops.toml"
# By these and not by --port: the UI would go on calling 4200.
export PREFECT_SERVER_API_HOST=${PREFECT_SERVER_API_HOST:-127.0.0.1} PREFECT_SERVER_API_PORT=${PREFECT_SERVER_API_PORT:-4200}
export PREFECT_API_URL="http://$PREFECT_SERVER_API_HOST:$PREFECT_SERVER_API_PORT/api"
# The first version of the UI needs nothing but this server; the second asks a service for usage figures.
export PREFECT_SERVER_UI_V2_ENABLED=false PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT=false
export PREFECT_SERVER_UI_STATIC_DIRECTORY="$PREFECT_HOME/ui"
mkdir -p "$PREFECT_HOME"

pids=()
stop() { # the worker first: without its server it would wait for it
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null; done
  true
}
trap stop EXIT

"$bin/prefect" server start >"$PREFECT_HOME/server.log" 2>&1 &
pids+=($!)
for _ in $(seq 240); do
  kill -0 "${pids[0]}" 2>/dev/null || { echo "the Prefect server did not start; see $PREFECT_HOME/server.log" >&2; exit 1; }
  "$bin/python" -c "import httpx, sys; sys.exit(httpx.get('$PREFECT_API_URL/health').status_code != 200)" 2>/dev/null && break
  sleep 0.5
done

"$bin/prefect" work-pool create kontoklar --type process --overwrite >/dev/null
"$bin/prefect" --no-prompt deploy --all >"$PREFECT_HOME/deploy.log" 2>&1 || { cat "$PREFECT_HOME/deploy.log" >&2; exit 1; }
"$bin/python" -m pipelines.orchestration.install
"$bin/prefect" worker start --pool kontoklar --name desk >"$PREFECT_HOME/worker.log" 2>&1 &
pids+=($!)

day=${OPS_DAY:-2026-11-02}
run() { # deployment, parameters: once to its end; a run that ends badly is there to be looked at
  "$bin/prefect" deployment run "$@" --watch --watch-timeout 300 >/dev/null || true
}
run kontoklar-daily/daily --param "as_of=\"$day\""
run kontoklar-watch/watch --param "as_of=\"$day\""
run kontoklar-backtest/backtest --param 'first="2026-10-12"' --param 'last="2026-10-16"' --param "as_of=\"$day\""
"$bin/prefect" deployment run kontoklar-dunning-run/dunning-run --param "as_of=\"$day\"" >/dev/null
url="http://$PREFECT_SERVER_API_HOST:$PREFECT_SERVER_API_PORT"
"$bin/python" - <<'PYTHON'
import os, time, httpx
for _ in range(240):
    wanted = {"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}}}
    if httpx.post(os.environ["PREFECT_API_URL"] + "/flow_runs/filter", json=wanted, timeout=30).json():
        break
    time.sleep(0.5)
PYTHON
echo "Prefect is on $url: runs, artifacts, automations of the demo company."
echo "A dunning run waits: $url/runs, open it, press Resume. Or: kontoklar --config ${demo##*/}/ops.toml dunning proposals"
[ -n "${OPS_ONCE:-}" ] || { echo "Ctrl-C ends it."; wait "${pids[0]}"; }
