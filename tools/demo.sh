#!/usr/bin/env bash
# The main job from end to end: two agents reach a system that checks credentials, through the
# broker and without ever seeing them; one is stopped; the ledger tells it all and cannot be edited.
set -euo pipefail
source "$(dirname "$0")/demo_lib.sh"

scene="$root/build/demo"
rm -rf "$scene"
mkdir -p "$scene"
chmod 700 "$scene"
export LEASEHOLD_DATA_DIR="$scene/data"
export XDG_STATE_HOME="$scene/state"
server_pid=
downstream_pid=
finish() {
  for pid in $server_pid $downstream_pid; do
    kill "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
}
trap finish EXIT

say "1. A server on an embedded SQLite file, and a system downstream that wants credentials"
show "$bin/leasehold" server init
start_downstream "$scene/downstream"
start_server "$LEASEHOLD_DATA_DIR" "$scene/leaseholdd.log" \
  --listen 127.0.0.1:0 --broker-listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0
status=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$downstream_port/inventory/items/1")
note "nginx without a credential: GET /inventory/items/1 -> $status"
[ "$status" = 401 ] || die "nginx let us in without a credential"

say "2. Two secrets, two agents, two targets, one policy file"
mv "$scene"/downstream/{password,key} "$scene"
prepare_scene "$scene"

say "3. Each agent takes a lease in its workflow and works through the broker"
triage=$(as triage-bot "$bin/leasehold" lease acquire demo/inventory-login --workflow triage --print handle)
nightly=$(as nightly-bot "$bin/leasehold" lease acquire demo/inventory-login --workflow nightly --print handle)
reports=$(as nightly-bot "$bin/leasehold" lease acquire demo/reports-key --workflow nightly --print handle)
note "the agents hold handles like ${triage:0:12}..., never a password"
note "triage-bot:"
request "$triage" GET /t/inventory/items/1; expect 200
request "$triage" POST /t/inventory/items/1; expect 403
request "$triage" GET /t/reports/daily/today; expect 403
note "nightly-bot:"
request "$nightly" GET /t/inventory/items/2; expect 200
request "$reports" POST /t/reports/daily/today; expect 200

say "4. Which agent used which credential, and where?"
show "$bin/leasehold" usage

say "5. Stop triage-bot, now"
show "$bin/leasehold" revoke --agent triage-bot --dry-run
revoked_at=$(date +%s%N)
show "$bin/leasehold" revoke --agent triage-bot --reason "demo: acts strangely"
request "$triage" GET /t/inventory/items/1; expect 403
took_ms=$((($(date +%s%N) - revoked_at) / 1000000))
[ "$took_ms" -lt 1000 ] || note "(a slow machine: this took ${took_ms} ms)"
note "from typing revoke to the refusal: ${took_ms} ms"
note "a new lease is refused too, until somebody resumes it:"
if as triage-bot "$bin/leasehold" lease acquire demo/inventory-login --workflow triage > "$scene/acquire" 2>&1; then
  die "a held agent got a lease"
fi
sed 's/^/    /' "$scene/acquire"
note "nightly-bot goes on:"
request "$nightly" GET /t/inventory/items/3; expect 200

say "6. The answer again, refusals included"
show "$bin/leasehold" usage
show "$bin/leasehold" ledger list --limit 6

say "7. The past cannot be edited"
show "$bin/leasehold" ledger verify
show "$bin/leasehold" server backup "$scene/copy.db"
entry=$("$bin/leasehold" usage -o json | jq -r '[.rows[] | select(.allowed > 0)][-1].last_index')
bytes=$(sqlite3 "$scene/copy.db" "SELECT hex(bytes) FROM entries WHERE idx = $entry")
pattern=$(sed 's/../\\x&/g' <<< "$bytes")
offset=$(LC_ALL=C grep -obUaP -m 1 "$pattern" "$scene/copy.db" | head -n 1 | cut -d: -f1)
[ -n "$offset" ] || die "entry $entry was not found in the copy"
cp "$scene/copy.db" "$scene/edited.db"
last=$((offset + ${#bytes} / 2 - 1))
old=$(od -An -tu1 -j "$last" -N 1 "$scene/edited.db" | tr -d ' ')
printf "\\x$(printf %02x $((old ^ 1)))" |
  dd of="$scene/edited.db" bs=1 seek="$last" conv=notrunc status=none
note "one bit of entry $entry is flipped in a copy of the database:"
set +e
show "$bin/leasehold" ledger verify --db "$scene/edited.db" > "$scene/verdict"
verdict=$?
set -e
cat "$scene/verdict"
[ "$verdict" = 6 ] || die "verify did not find the edit (exit $verdict)"
grep -q "entry $entry was changed" "$scene/verdict" || die "verify did not name entry $entry"

printf '\ndemo: ok\n'
