#!/bin/bash
# A server that trusts a real OpenID Connect provider: people log in by browser and by device, a
# pipeline's token is an agent. curl plays the browser. Exits with 77 where npm cannot be reached.
set -euo pipefail

bin=$(realpath "${LEASEHOLD_BIN_DIR:?is set by ctest}")
readonly bin
cd "$(dirname "$0")"
command -v npm >/dev/null && command -v node >/dev/null || { echo "npm is not installed"; exit 77; }
[ -d node_modules/oidc-provider ] || timeout 120 npm ci --silent --no-audit --no-fund ||
  { echo "npm cannot fetch oidc-provider"; exit 77; }

work=$(mktemp -d)
pids=()
cleanup() {
  local status=$?
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait || true
  [ "$status" -eq 0 ] || tail -n 20 "$work"/*.log >&2
  rm -rf "$work"
}
trap cleanup EXIT

fail() { echo "failed: $*" >&2; exit 1; }
# expect WHAT GOT WANTED
expect() { [ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"; }

# await FILE PATTERN: the first line of FILE that matches, once it is there.
await() {
  local tries
  for ((tries = 0; tries < 600; ++tries)); do
    grep -m1 -E "$2" "$1" 2>/dev/null && return 0
    sleep 0.05
  done
  fail "nothing in $1 matches $2"
}

export XDG_CONFIG_HOME=$work/config
unset LEASEHOLD_TOKEN LEASEHOLD_TOKEN_FILE LEASEHOLD_SERVER LEASEHOLD_DATA_DIR
leasehold() { "$bin/leasehold" "$@"; }
operator() { leasehold --data-dir "$work/data" "$@"; }

# --- the provider
export CI_SECRET
CI_SECRET=$(openssl rand -hex 24)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /O=test \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
node provider.js "$work" >"$work/provider.log" 2>&1 &
pids+=($!)
issuer=$(await "$work/provider.log" '^issuer ')
issuer=${issuer#issuer }

# --- the server
operator server init >"$work/init.log"
cat >"$work/data/leaseholdd.yaml" <<YAML
identity:
  session_ttl: 1h
  jwt:
  - issuer: $issuer
    alias: test
    audiences: [leasehold, leasehold-cli]
    algorithms: [RS256, ES256]
    jwks_url: $issuer/jwks
    ca_file: $work/cert.pem
    rules:
    - when: {client_id: "ci-(?P<name>[a-z]+)"}
      agent: "ci-{name}"
    - when: {leasehold_role: security}
      role: security
    - when: {leasehold_role: auditor}
      role: auditor
    login: {client_id: leasehold-cli}
YAML
"$bin/leaseholdd" --data-dir "$work/data" --listen 127.0.0.1:0 --broker-listen 127.0.0.1:0 \
  --metrics-listen 127.0.0.1:0 >"$work/server.log" 2>&1 &
pids+=($!)
await "$work/server.log" '"msg":"serving"' >/dev/null
await "$work/server.log" 'keys of an issuer were read' >/dev/null
server=$(jq -r .grpc "$work/data/endpoints.json")
operator agent create ci-pipeline >/dev/null

# --- a pipeline's token is its agent
token=$(curl -s --cacert "$work/cert.pem" -u "ci-pipeline:$CI_SECRET" \
  -d 'grant_type=client_credentials&resource=urn:leasehold' "$issuer/token" | jq -r .access_token)
who=$(LEASEHOLD_TOKEN=$token leasehold --server "$server" whoami -o json)
expect "the pipeline" "$(jq -r '.principal + " " + .role + " " + .method' <<<"$who")" \
  "agents/ci-pipeline ROLE_AGENT jwt"
status=0
LEASEHOLD_TOKEN=${token%?}A leasehold --server "$server" whoami >/dev/null 2>"$work/err.log" || status=$?
# The last digit of the signature may have been an A.
[[ $token == *A ]] || expect "the status for a forged token" "$status" 4

browser() { curl -s --cacert "$work/cert.pem" -c "$work/jar" -b "$work/jar" -L "$@"; }
# log_in PERSON PAGE: fills in the provider's forms; says where that leads.
log_in() {
  local page
  page=$(browser -o /dev/null -w '%{url_effective}' -d "prompt=login&login=$1&password=x" "$2")
  browser -o /dev/null -w '%{url_effective}' -d prompt=consent "$page"
}

# --- a person logs in with a browser
rm -f "$work/jar"
leasehold --server "$server" login --ca-file "$work/cert.pem" \
  >"$work/login.out" 2>"$work/login.log" &
login=$!
url=$(await "$work/login.log" 'open this in a browser: ')
url=${url#*browser: }
# Somebody who only guesses the port gets nowhere.
port=$(sed -E 's/.*redirect_uri=http%3a%2f%2f127.0.0.1%3a([0-9]+).*/\1/' <<<"$url")
expect "the answer to a guess" "$(curl -s -o /dev/null -w '%{http_code}' \
  "http://127.0.0.1:$port/callback?code=stolen&state=guessed")" 404
page=$(browser -o /dev/null -w '%{url_effective}' "$url")
log_in mia "$page" >/dev/null
wait "$login" || fail "login: $(cat "$work/login.log")"
grep -q '^logged in as operator:test:mia, role security, until ' "$work/login.out" ||
  fail "login says: $(cat "$work/login.out")"
expect "the session file's mode" "$(stat -c %a "$work/config/leasehold/session")" 600
who=$(leasehold --server "$server" whoami -o json)
expect "mia" "$(jq -r '.principal + " " + .role + " " + .method' <<<"$who")" \
  "operator:test:mia ROLE_SECURITY operator_session"
# The role counts, and nothing above it.
leasehold --server "$server" revoke --agent ci-pipeline --reason 'a test' --yes >/dev/null
status=0
leasehold --server "$server" agent create intruder >/dev/null 2>&1 || status=$?
expect "the status of what security may not do" "$status" 5

# --- the session ends with logout, at the server too
cp "$work/config/leasehold/session" "$work/stolen"
leasehold logout >/dev/null
[ ! -e "$work/config/leasehold/session" ] || fail "the session file is still there"
cp "$work/stolen" "$work/config/leasehold/session"
status=0
leasehold --server "$server" whoami >/dev/null 2>&1 || status=$?
expect "the status with a session that has ended" "$status" 4
rm "$work/config/leasehold/session"

# --- another person logs in by device
rm -f "$work/jar"
leasehold --server "$server" login --device --ca-file "$work/cert.pem" \
  >"$work/device.out" 2>"$work/device.log" &
login=$!
url=$(await "$work/device.log" 'or open ')
url=${url#*or open }
form() { sed -nE "s/.*name=\"$1\" value=\"([^\"]*)\".*/\1/p" "$work/page" | head -n1; }
browser -o "$work/page" "$url"
browser -o "$work/page" -d "xsrf=$(form xsrf)&user_code=$(form user_code)" "$issuer/device"
page=$(browser -o /dev/null -w '%{url_effective}' \
  -d "xsrf=$(form xsrf)&user_code=$(form user_code)&confirm=yes" "$issuer/device")
log_in ann "$page" >/dev/null
wait "$login" || fail "login --device: $(cat "$work/device.log")"
grep -q '^logged in as operator:test:ann, role auditor, ' "$work/device.out" ||
  fail "login --device says: $(cat "$work/device.out")"

# --- who is nobody by the rules gets no session
rm -f "$work/jar"
leasehold --server "$server" login --ca-file "$work/cert.pem" >/dev/null 2>"$work/eve.log" &
login=$!
url=$(await "$work/eve.log" 'open this in a browser: ')
page=$(browser -o /dev/null -w '%{url_effective}' "${url#*browser: }")
log_in eve "$page" >/dev/null
status=0
wait "$login" || status=$?
expect "the status of a stranger's login" "$status" 4
grep -q 'no rule of the configuration' "$work/eve.log" || fail "eve: $(cat "$work/eve.log")"

operator ledger verify >/dev/null
echo "oidc: ok"
