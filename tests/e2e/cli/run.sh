#!/bin/bash
# run.sh SCRIPT: runs the commands of a script and compares what they print and their exit status
# with what the script says. A script is text:
#
#   # a comment
#   $ command            run by bash; variables that it sets stay for later commands
#   > its next line
#   what it prints on stdout, line by line
#   ! what it prints on stderr
#   [0]                  its exit status
#
# In an expected line `<...>` stands for any text; a line `...` stands for any number of lines.
# Commands run in an empty folder, with no server: `start_server` makes and starts one, and leaves
# its data folder in LEASEHOLD_DATA_DIR; `stop_server` ends it, which has to be a clean end.
set -u

script=$(realpath "$1")
bin=$(realpath "${LEASEHOLD_BIN_DIR:?is set by ctest}")
folder=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-e2e-XXXXXX")
server_pid=

finish() {
  stop_server
  rm -rf "$folder"
}

start_server() {
  [ -e "$LEASEHOLD_DATA_DIR/leasehold.db" ] || leasehold server init >"$folder/init.log" || return
  leaseholdd --listen 127.0.0.1:0 --broker-listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 \
    >"$folder/server.log" 2>&1 &
  server_pid=$!
  # The server writes this file once it serves.
  until [ -e "$LEASEHOLD_DATA_DIR/endpoints.json" ]; do
    kill -0 "$server_pid" 2>/dev/null || { cat "$folder/server.log" >&2; return 1; }
    sleep 0.05
  done
}

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null
  wait "$server_pid" 2>/dev/null || {
    printf 'the server ended with status %d:\n' $?
    cat "$folder/server.log"
    failed=$((failed + 1))
  } >&2
  server_pid=
}

# Whether the lines of file $1 are those that file $2 expects.
matches() {
  local -a actual expected
  mapfile -t actual <"$1"
  mapfile -t expected <"$2"
  matches_from 0 0
}

# Compares from line $1 of `actual` and line $2 of `expected` on.
matches_from() {
  local a=$1 e=$2 pattern rest
  while [ "$e" -lt "${#expected[@]}" ]; do
    if [ "${expected[e]}" = "..." ]; then
      for ((rest = a; rest <= ${#actual[@]}; ++rest)); do
        matches_from "$rest" $((e + 1)) && return
      done
      return 1
    fi
    [ "$a" -lt "${#actual[@]}" ] || return 1
    # Everything is literal but `<...>`.
    pattern=${expected[e]//\\/\\\\}
    pattern=${pattern//\*/\\*}
    pattern=${pattern//\?/\\?}
    pattern=${pattern//\[/\\[}
    pattern=${pattern//\(/\\(}
    pattern=${pattern//<...>/*}
    # shellcheck disable=SC2053  # The right side is a pattern.
    [[ ${actual[a]} == $pattern ]] || return 1
    a=$((a + 1))
    e=$((e + 1))
  done
  [ "$a" -eq "${#actual[@]}" ]
}

# Runs $1, a command, and compares it with $folder/expected and exit status $2; $3 is its line.
check() {
  local status
  eval "$1" >"$folder/stdout" 2>"$folder/stderr"
  status=$?
  { cat "$folder/stdout"; sed 's/^/! /' "$folder/stderr"; } >"$folder/actual"
  if [ "$status" = "$2" ] && matches "$folder/actual" "$folder/expected"; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  printf '%s:%d: $ %s\n' "$(basename "$script")" "$3" "$1"
  printf 'expected:\n'
  sed 's/^/  /' "$folder/expected"
  printf '  [%s]\nbut got:\n' "$2"
  sed 's/^/  /' "$folder/actual"
  printf '  [%s]\n\n' "$status"
}

run_script() {
  local line number=0 command= at=0
  while IFS= read -r line <&3 || [ -n "$line" ]; do
    number=$((number + 1))
    if [[ $line == '$ '* ]]; then
      command=${line#'$ '}
      at=$number
      : >"$folder/expected"
    elif [[ -n $command && $line == '> '* ]]; then
      command+=$'\n'${line#'> '}
    elif [[ -n $command && $line =~ ^\[([0-9]+)\]$ ]]; then
      check "$command" "${BASH_REMATCH[1]}" "$at"
      command=
    elif [ -n "$command" ]; then
      printf '%s\n' "$line" >>"$folder/expected"
    elif [[ -n $line && $line != '#'* ]]; then
      printf '%s:%d: what is this line for?\n' "$script" "$number"
      failed=$((failed + 1))
    fi
  done 3<"$script"
  [ -z "$command" ] || { printf '%s:%d: no exit status\n' "$script" "$at"; failed=$((failed + 1)); }
}

trap finish EXIT
for variable in $(compgen -e | grep -E '^(LEASEHOLD_|XDG_|NO_COLOR)'); do unset "$variable"; done
export PATH=$bin:$PATH HOME=$folder/home LEASEHOLD_DATA_DIR=$folder/data TZ=UTC
mkdir -p "$HOME" "$folder/here"
cd "$folder/here" || exit 1
passed=0
failed=0
run_script </dev/null
stop_server
printf '%s: %d commands as expected, %d not\n' "$(basename "$script")" "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
