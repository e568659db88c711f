#!/usr/bin/env bash
# Starts a server to play with, set up like the demo's, and leaves it running in the foreground.
set -euo pipefail
source "$(dirname "$0")/demo_lib.sh"

scene="$root/build/run"
mkdir -p "$scene"
chmod 700 "$scene"
export LEASEHOLD_DATA_DIR="$scene/data"
server_pid=
downstream_pid=
finish() {
  for pid in $server_pid $downstream_pid; do
    kill "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
}
trap finish EXIT
trap 'exit 0' INT TERM

# Every run starts anew: the downstream system has new credentials each time.
rm -rf "$LEASEHOLD_DATA_DIR" "$scene"/downstream
"$bin/leasehold" server init > "$scene/init.txt"
start_downstream "$scene/downstream"
start_server "$LEASEHOLD_DATA_DIR" "$scene/leaseholdd.log"
mv "$scene"/downstream/{password,key} "$scene"
prepare_scene "$scene" > "$scene/scene.txt"

cat <<TEXT
Leasehold is running. Its log is $scene/leaseholdd.log; Ctrl-C ends it.

In another terminal, as the operator:

  export PATH="$bin:\$PATH" LEASEHOLD_DATA_DIR="$LEASEHOLD_DATA_DIR"
  leasehold server status
  leasehold usage

As the agent triage-bot, which never sees the password:

  export LEASEHOLD_TOKEN_FILE="$scene/triage-bot.token" LEASEHOLD_SERVER=127.0.0.1:8640
  handle=\$(leasehold lease acquire demo/inventory-login --workflow triage --print handle)
  curl -i -H "Authorization: Bearer \$handle" http://$broker/t/inventory/items/1
  curl -i -H "Authorization: Bearer \$handle" -X POST http://$broker/t/inventory/items/1

And, as the operator again, stop it:

  leasehold revoke --agent triage-bot --reason 'just trying'

Prometheus finds metrics at http://$(jq -r .metrics "$LEASEHOLD_DATA_DIR/endpoints.json")/metrics.
TEXT
wait "$server_pid"
