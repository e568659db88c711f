#!/bin/bash
# Prints our C++ sources, NUL-terminated and sorted. Not from git, so that a new file counts before
# it is added and a source archive works too.
set -euo pipefail
cd "$(dirname "$0")/.."
folders=()
for folder in server storage client tests; do
  [ ! -d "$folder" ] || folders+=("$folder")
done
find "${folders[@]}" -name node_modules -prune -o \
  -type f \( -name '*.h' -o -name '*.cc' \) -print0 | sort -z
