#!/usr/bin/env bash
# Runs the tests of a folder with package.json, or one file of them: node_tests.sh FOLDER [FILE]
# Fetches what its package-lock.json names unless it is there. Writes "passed failed skipped" to the
# file that CLIPCOURIER_TEST_COUNTS names.
set -euo pipefail
cd "$1"

(
  flock 9 # files of one folder are tested side by side
  if ! cmp -s package-lock.json node_modules/.fetched 2>/dev/null; then
    npm ci --no-audit --no-fund
    mkdir -p node_modules # not made where nothing is to be fetched
    cp package-lock.json node_modules/.fetched
  fi
) 9<package.json

tap=$(mktemp)
trap 'rm -f "$tap"' EXIT
status=0
npm test --silent -- --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$tap" ${2:+"$2"} || status=$?

# The last lines of TAP: "# pass 12". A test that was cancelled did not pass.
count() { awk -v key="$1" '$1 == "#" && $2 == key { n = $3 } END { print n + 0 }' "$tap"; }
passed=$(count pass)
failed=$(($(count fail) + $(count cancelled)))
skipped=$(($(count skipped) + $(count todo)))
[ "$passed" -gt 0 ] || [ "$failed" -gt 0 ] || { echo "no tests ran in $1" >&2; status=1; }
[ -z "${CLIPCOURIER_TEST_COUNTS:-}" ] || echo "$passed $failed $skipped" >"$CLIPCOURIER_TEST_COUNTS"
exit "$status"
