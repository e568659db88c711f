#!/bin/bash
# tools/test.sh PRESET [CTEST ARGUMENT...]: runs the tests of a preset that has been built. ctest's
# own summary comes last; JUnit results go to build/PRESET/results.xml.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:?usage: tools/test.sh PRESET [CTEST ARGUMENT...]}
shift

# A sanitizer's report has to fail the test, with a stack that can be read.
suppressions=$PWD/tests/sanitizers
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export LSAN_OPTIONS=suppressions=$suppressions/leaks.txt:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1:suppressions=$suppressions/undefined.txt
export TSAN_OPTIONS=suppressions=$suppressions/threads.txt:history_size=4:second_deadlock_stack=1

exec ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
  --parallel "${JOBS:-$(nproc)}" --output-junit "$PWD/build/$preset/results.xml" "$@"
