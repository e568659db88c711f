#!/bin/bash
# tools/lint.sh: everything that can be said about the sources without running them. Each check
# says ok, failed (with what it found) or skipped (with why); one failure makes the whole fail.
# Writes build/lint/results, a line a check: name and outcome.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly skip_status=77
out=build/lint
mkdir -p "$out"
: >"$out/results"
failed=0

# check NAME COMMAND...: what the command prints is shown only if it fails or is skipped.
check() {
  local name=$1 log="$out/${1// /-}.log" outcome=ok started=$SECONDS
  shift
  "$@" >"$log" 2>&1 </dev/null
  case $? in
    0) printf 'lint: %-24s ok (%d s)\n' "$name" "$((SECONDS - started))" ;;
    "$skip_status")
      outcome=skipped
      printf 'lint: %-24s skipped: %s\n' "$name" "$(tail -n1 "$log")"
      ;;
    *)
      outcome=failed
      failed=1
      printf 'lint: %-24s failed:\n' "$name"
      head -n 100 "$log" | sed 's/^/  /'
      ;;
  esac
  printf '%s %s\n' "${name// /-}" "$outcome" >>"$out/results"
}

formatting() { tools/sources.sh | xargs -0 clang-format --dry-run -Werror; }

# refuse WHERE PATTERN WHY [EXCEPT]: no file under WHERE may have a line that matches, but one of the
# name EXCEPT.
refuse() {
  local where=$1 pattern=$2 why=$3 except=${4:-lint.sh} paths=()
  for path in $where; do [ ! -e "$path" ] || paths+=("$path"); done
  [ ${#paths[@]} -gt 0 ] || return 0
  if grep -rnEI --exclude-dir=node_modules --exclude=lint.sh --exclude="$except" \
      "$pattern" "${paths[@]}"; then
    printf '^ %s\n\n' "$why"
    return 1
  fi
}

forbidden() {
  local wrong=0 code="server storage client tests tools cmake proto Makefile CMakeLists.txt"
  refuse "$code" '\b(TODO|FIXME|XXX)\b' \
    'what is not done is not there; what should be done is an issue' || wrong=1
  refuse "tests" '\b(sleep_for|sleep_until|usleep|nanosleep|SleepFor)\b' \
    'a test waits for a condition, not for time to pass' || wrong=1
  refuse "tests" '\bpoll\(nullptr, 0\b' \
    'the same; tests/support/pause.h says where a pause is right' pause.h || wrong=1
  refuse "server storage client tests" '#pragma once' 'use an include guard' || wrong=1
  refuse "server storage client" '\busing namespace\b' 'name what is used' || wrong=1
  return "$wrong"
}

include_guards() {
  local wrong=0 file guard
  while IFS= read -r -d '' file; do
    [[ $file == *.h ]] || continue
    guard="LEASEHOLD_$(tr 'a-z/.' 'A-Z__' <<<"$file")_"
    if ! grep -qx "#ifndef $guard" "$file" || ! grep -qx "#define $guard" "$file"; then
      printf '%s: the include guard has to be %s\n' "$file" "$guard"
      wrong=1
    fi
  done < <(tools/sources.sh)
  return "$wrong"
}

# All is in one namespace, and the command line links much of the server: two types of one name make
# programs in which the destructor of the one is run for the other, and no linker says so.
one_definition() {
  tools/sources.sh | grep -zE '^(server|storage|client)/' | xargs -0 awk '
    FNR == 1 { own = 0 }
    /^namespace \{/ { own = 1 }
    /^\}  \/\/ namespace$/ { own = 0 }
    !own && !/;$/ && match($0, /^(class|struct|union|enum( class| struct)?) [A-Za-z0-9_:]+/) {
      type = substr($0, RSTART, RLENGTH)
      sub(/^.* /, "", type)
      sub(/:$/, "", type)
      if (type in seen) {
        printf "%s:%d: %s is also defined in %s\n", FILENAME, FNR, type, seen[type]
        wrong = 1
      }
      seen[type] = FILENAME ":" FNR
    }
    END { exit wrong }'
}

# buf comes from npm, pinned with its hash in tools/buf/package-lock.json.
install_buf() {
  [ ! -x tools/buf/node_modules/.bin/buf ] || return 0
  command -v npm >/dev/null || { echo "npm is not installed"; return "$skip_status"; }
  (cd tools/buf && timeout 120 npm ci --silent) ||
    { echo "npm cannot fetch @bufbuild/buf"; return "$skip_status"; }
}

api_rules() {
  install_buf || return
  tools/buf/node_modules/.bin/buf lint .
}

# Against what others already have: the published main, or the local one in a clone without it.
api_breaking() {
  install_buf || return
  local base
  for base in origin/main main; do
    git rev-parse --verify --quiet "$base:proto/leasehold" >/dev/null && break
    base=
  done
  [ -n "$base" ] || { echo "there is no earlier API on main"; return "$skip_status"; }
  rm -rf "$out/earlier"
  mkdir -p "$out/earlier"
  git archive "$base" proto | tar -x -C "$out/earlier"
  cp buf.yaml "$out/earlier/"
  tools/buf/node_modules/.bin/buf breaking . --against "$out/earlier"
}

# Files nobody lists, libraries nobody defines: CMake warns of them, here a warning is an error.
completeness() {
  cmake --preset clang --log-level=WARNING && ! grep -q '^CMake .*Warning' "$out/completeness.log"
}

thread_annotations() {
  tools/build.sh clang all all_verify_interface_header_sets
}

check "formatting" formatting
check "forbidden things" forbidden
check "include guards" include_guards
check "one definition" one_definition
check "API rules" api_rules
check "API compatibility" api_breaking
check "completeness" completeness
check "clang, thread safety" thread_annotations
exit "$failed"
