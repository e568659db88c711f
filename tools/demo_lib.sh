# What tools/demo.sh and tools/run.sh share: a folder, a server, and a downstream system that really
# checks credentials. Everything stays on loopback and is ended by its process id.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin="$root/build/bin"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
note() { printf '  %s\n' "$*"; }
# Shows a command as one would type it in the project's folder, then runs it.
show() {
  local shown="$*"
  shown=${shown//"$bin/"/}
  printf '  $ %s\n' "${shown//"$root/"/}"
  "$@" 2>&1 | sed -e "s|$root/||g" -e 's/^/    /'
  return "${PIPESTATUS[0]}"
}
die() {
  printf 'demo: error: %s\n' "$*" >&2
  exit 1
}

# Waits until the command succeeds, at most ten seconds.
wait_for() {
  local tries=100
  until "$@" > /dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

random_text() { head -c 18 /dev/urandom | base64 | tr '+/' '-_'; }

# start_downstream FOLDER: nginx with two places, one behind basic authentication and one behind a
# key in a header. Sets downstream_port and downstream_pid; leaves the credentials in FOLDER.
start_downstream() {
  local dir=$1 nginx
  nginx=$(PATH="$PATH:/usr/sbin:/sbin" command -v nginx) || die "nginx is missing; run make setup"
  mkdir -p "$dir"
  random_text | tr -d '\n' > "$dir/password"
  random_text | tr -d '\n' > "$dir/key"
  printf 'inventory-reader:%s\n' "$(openssl passwd -6 -stdin < "$dir/password")" > "$dir/htpasswd"
  for _ in 1 2 3 4 5; do
    downstream_port=$((20000 + RANDOM % 20000))
    sed -e "s|@DIR@|$dir|g" -e "s|@PORT@|$downstream_port|g" -e "s|@KEY@|$(cat "$dir/key")|g" \
      "$root/tools/demo-nginx.conf" > "$dir/nginx.conf"
    "$nginx" -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf" &
    downstream_pid=$!
    if wait_for curl -s -o /dev/null "http://127.0.0.1:$downstream_port/" &&
       kill -0 "$downstream_pid" 2> /dev/null; then
      return
    fi
    kill "$downstream_pid" 2> /dev/null || true
  done
  cat "$dir/error.log" >&2 || true
  die "nginx did not start"
}

# start_server DATA_DIR LOG [FLAGS]: leaseholdd on ports that it chooses itself, unless FLAGS say
# otherwise. Sets server_pid and broker.
start_server() {
  local data=$1 log=$2
  shift 2
  "$bin/leaseholdd" --data-dir "$data" "$@" 2> "$log" &
  server_pid=$!
  if ! wait_for test -e "$data/endpoints.json"; then
    cat "$log" >&2
    die "leaseholdd did not start"
  fi
  broker=$(jq -r .broker "$data/endpoints.json")
}

# Sets up what the demo is about. Needs LEASEHOLD_DATA_DIR and a running server and downstream.
prepare_scene() {
  local dir=$1
  printf 'inventory-reader' > "$dir/user"
  show "$bin/leasehold" secret put demo/inventory-login \
    --field user=@"$dir/user" --field password=@"$dir/password" --description "reads the inventory"
  show "$bin/leasehold" secret put demo/reports-key --file "$dir/key"
  rm -f "$dir/password" "$dir/key" # from here on only Leasehold has them
  show "$bin/leasehold" agent create triage-bot --owner demo@localhost
  show "$bin/leasehold" agent create nightly-bot --owner demo@localhost
  show "$bin/leasehold" target create inventory --base-url "http://127.0.0.1:$downstream_port/inventory" \
    --secret demo/inventory-login --basic --allow-cidr 127.0.0.0/8
  show "$bin/leasehold" target create reports --base-url "http://127.0.0.1:$downstream_port/reports" \
    --secret demo/reports-key --header X-Api-Key --allow-cidr 127.0.0.0/8
  show "$bin/leasehold" policy apply -f "$root/tools/demo-policy.yaml"
  local agent
  for agent in triage-bot nightly-bot; do
    "$bin/leasehold" agent token "$agent" --ttl 1d > "$dir/$agent.token" 2> "$dir/note"
    note "$agent's token is in ${dir#"$root/"}/$agent.token ($(sed 's/.*; //' "$dir/note"))"
  done
  chmod 600 "$dir"/*.token
}

# as AGENT COMMAND...: the command with that agent's credential, at the agents' port.
as() {
  local agent=$1
  shift
  LEASEHOLD_TOKEN_FILE="$scene/$agent.token" \
    LEASEHOLD_SERVER="$(jq -r .grpc "$LEASEHOLD_DATA_DIR/endpoints.json")" "$@"
}

# request HANDLE METHOD PATH: through the broker, as any HTTP client would. Prints the status line
# and, of a refusal, the reason.
request() {
  local handle=$1 method=$2 path=$3 status
  status=$(curl -s -o "$scene/answer" -w '%{http_code}' -X "$method" \
    -H "Authorization: Bearer $handle" "http://$broker$path")
  printf '  %-5s %-34s -> %s' "$method" "$path" "$status"
  if [ "$status" -ge 400 ]; then
    printf '  %s' "$(jq -r '.reason + ": " + .detail' "$scene/answer" 2> /dev/null ||
      head -c 60 "$scene/answer")"
  else
    printf '  %s' "$(head -c 60 "$scene/answer" | tr -d '\n')"
  fi
  printf '\n'
  last_status=$status
}

expect() { [ "$last_status" = "$1" ] || die "expected $1, got $last_status"; }
