#!/usr/bin/env bash
# A whole Prefect to look at: server, work pool, deployments, automations, a worker, and one run on the demo's books.
# OPS_ONCE=1 stops after that run; else it stays until Ctrl-C. Everything is kept in the demo's folder.
set -euo pipefail
bin=$1 demo=$2
cd "$(dirname "$0")/.."
bin=$(cd "$bin" && pwd)
[ -f "$demo/kontoklar.toml" ] || "$bin/kontoklar" demo "$demo"
demo=$(cd "$demo" && pwd)

export DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false PREFECT_LOGGING_LEVEL=${PREFECT_LOGGING_LEVEL:-WARNING}
export PREFECT_HOME="$demo/.ops" KONTOKLAR_CONFIG="$demo/kontoklar.toml"
# By these and not by --port: the UI would go on calling 4200.
export PREFECT_SERVER_API_HOST=${PREFECT_SERVER_API_HOST:-127.0.0.1} PREFECT_SERVER_API_PORT=${PREFECT_SERVER_API_PORT:-4200}
export PREFECT_API_URL="http://$PREFECT_SERVER_API_HOST:$PREFECT_SERVER_API_PORT/api"
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
"$bin/prefect" deployment run kontoklar-daily/daily --param "as_of=\"$day\"" --watch --watch-timeout 300 >/dev/null || true
"$bin/prefect" deployment run kontoklar-watch/watch --param "as_of=\"$day\"" --watch --watch-timeout 300 >/dev/null || true
echo "Prefect is on http://$PREFECT_SERVER_API_HOST:$PREFECT_SERVER_API_PORT: runs, artifacts, automations of the demo company."
[ -n "${OPS_ONCE:-}" ] || { echo "Ctrl-C ends it."; wait "${pids[0]}"; }
