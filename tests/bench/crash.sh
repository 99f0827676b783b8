#!/usr/bin/env bash
# A campaign with everything going wrong at the provider while the service is killed again and again, on
# both engines; ends with what each phone got, by the books of the phone network. Nobody may get two, and
# nobody may be lost. The short form of it runs with tests/run.sh.
#
#   tests/bench/crash.sh [CUSTOMERS [KILLS]]    100000 and 50 by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case "${1:-}" in -h | --help) sed -n '2,6s/^# \{0,1\}//p' tests/bench/crash.sh; exit 0 ;; esac

cmake --preset release
cmake --build --preset release --target clipcourier clipcourier-transcoder
export CLIPCOURIER_BIN=$PWD/build/release/bin CLIPCOURIER_TEST_CUSTOMERS=${1:-100000} CLIPCOURIER_TEST_KILLS=${2:-50}
exec node --test --test-reporter=spec tests/flows/crash.test.js
