#!/bin/bash
# tools/test.sh PRESET [CTEST ARGUMENT...]: runs the tests of a preset that has been built. ctest's
# own summary comes last; JUnit results go to build/PRESET/results.xml.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:?usage: tools/test.sh PRESET [CTEST ARGUMENT...]}
shift

# A sanitizer's report has to fail the run, with a stack that can be read, whichever process it
# comes from: many a test kills its server or expects it to fail, and asks for nothing it printed.
# So each report is a file here, and the exit status is one that no test takes for a refusal. (gcc's
# undefined behaviour sanitizer, beside that of addresses, heeds the status but prints to stderr.)
reports=$PWD/build/$preset/reports
rm -rf "$reports"
mkdir -p "$reports"
report=log_path=$reports/report:log_exe_name=1:exitcode=99
suppressions=$PWD/tests/sanitizers
export ASAN_OPTIONS=$report:detect_stack_use_after_return=1:strict_string_checks=1
export LSAN_OPTIONS=suppressions=$suppressions/leaks.txt:print_suppressions=0
export UBSAN_OPTIONS=$report:print_stacktrace=1:suppressions=$suppressions/undefined.txt
export TSAN_OPTIONS=$report:suppressions=$suppressions/threads.txt
TSAN_OPTIONS+=:history_size=4:second_deadlock_stack=1

status=0
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
  --parallel "${JOBS:-$(nproc)}" --output-junit "$PWD/build/$preset/results.xml" "$@" || status=$?

declare -A shown  # one defect fills a hundred files if many programs have it
for file in "$reports"/*; do
  [ -e "$file" ] || continue
  status=1
  summary=$(grep '^SUMMARY: ' "$file" | sort -u) || true
  printf '\n%s:' "${file#"$PWD/"}"
  if [ -n "${shown[x$summary]:-}" ]; then
    printf ' as in %s' "${shown[x$summary]}"
    continue
  fi
  shown[x$summary]=${file##*/}
  printf '\n'
  cat "$file"
done
exit "$status"
