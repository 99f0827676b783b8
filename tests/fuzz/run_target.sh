#!/usr/bin/env bash
# Replays a target's seeds and tries variations of them, the same ones each time:
#
#   tests/fuzz/run_target.sh PROGRAM NAME [LIBFUZZER OPTION...]
#
# An input that fails is printed in base64 and kept in /tmp/clipcourier-fuzz/; give it to PROGRAM as
# its argument to see it again. Exit code 0 when none failed.
set -euo pipefail
program=$1 name=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/clipcourier-fuzz-$name.XXXXXX")
trap 'rm -rf "$work"' EXIT
kept=/tmp/clipcourier-fuzz
mkdir -p "$work/new" "$kept"
"$here/make_seeds.sh" "$program" "$name" "$work/seeds"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=1:allocator_may_return_null=1:handle_abort=1
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$here/../support/lsan.supp:print_suppressions=0}
status=0
"$program" -seed=1 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 -verbosity=0 \
  -artifact_prefix="$kept/$name-" "$@" "$work/new" "$work/seeds" >"$work/log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
  grep -v NEW_FUNC "$work/log" | tail -n 80
else
  grep -E '^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' "$work/log" || true
fi
exit "$status"
