#!/usr/bin/env bash
# Fuzzes for longer than the tests do, from another seed each time:
#
#   tests/bench/fuzz.sh [--no-install] [SECONDS [TARGET...]]
#
# SECONDS (60) are for each target; without TARGET all of tests/fuzz. What fails is kept in
# /tmp/clipcourier-fuzz/; build/fuzz/bin/fuzz_TARGET FILE shows it again. Exit code 1 when one failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case "${1:-}" in
  --help | -h) sed -n '2,7s/^# \{0,1\}//p' tests/bench/fuzz.sh; exit 0 ;;
  --no-install) shift ;;
  *) config/install/debian.sh build test >&2 ;;
esac
seconds=${1:-60}
shift || true
cmake --preset fuzz >&2
cmake --build --preset fuzz >&2
[ $# -gt 0 ] || set -- $(sed -n 's/^add_fuzz_target(\([a-z0-9_]*\).*/\1/p' tests/fuzz/CMakeLists.txt)
status=0
for target in "$@"; do
  seed=$RANDOM$RANDOM
  echo "== $target, $seconds s, seed $seed"
  tests/fuzz/run_target.sh "build/fuzz/bin/fuzz_$target" "$target" -seed="$seed" -max_total_time="$seconds" || status=1
done
exit "$status"
