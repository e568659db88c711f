#!/bin/bash
# tools/build.sh PRESET [TARGET...]: configures the preset when that has not been done, and builds.
# On a terminal ninja shows one line of progress; elsewhere only what goes wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:?usage: tools/build.sh PRESET [TARGET...]}
shift
mkdir -p build
exec 9>"build/.$preset.lock"
flock 9  # two makes at once would write the same files

if [ ! -f "build/$preset/build.ninja" ]; then
  cmake --preset "$preset" --log-level=WARNING >"build/configure.log" || {
    cat build/configure.log >&2
    exit 1
  }
fi

# A gRPC source needs up to 1 GiB of memory to compile.
memory_gib=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
jobs=${JOBS:-$(nproc)}
[ "$jobs" -le "$memory_gib" ] || jobs=$((memory_gib > 1 ? memory_gib : 1))

quiet=()
[ -t 1 ] || quiet=(--quiet)
started=$SECONDS
ninja -C "build/$preset" "${quiet[@]}" -j "$jobs" "$@" 9>&-
printf 'build: %s is up to date (%d s)\n' "build/$preset" "$((SECONDS - started))"
