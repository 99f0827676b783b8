#!/usr/bin/env bash
# A campaign with everything going wrong at the provider while the service is killed again and again, on
# both engines; ends with what each phone got, by the books of the phone network. Nobody may get two, and
# nobody may be lost. Then films come in while the transcoder's workers are killed, and over a line that
# breaks while the service is; each must end ready. The short forms run with tests/run.sh. CLIPCOURIER_SEED
# says at which moments, and is printed. By default 100000, 50, 20, 50, 12 and 50:
#
#   tests/bench/crash.sh [CUSTOMERS [KILLS [FILMS [WORKER_KILLS [UPLOADS [UPLOAD_KILLS]]]]]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case "${1:-}" in -h | --help) sed -n '2,8s/^# \{0,1\}//p' tests/bench/crash.sh; exit 0 ;; esac

cmake --preset release
cmake --build --preset release --target clipcourier clipcourier-transcoder
export CLIPCOURIER_BIN=$PWD/build/release/bin CLIPCOURIER_TEST_CUSTOMERS=${1:-100000} CLIPCOURIER_TEST_KILLS=${2:-50}
export CLIPCOURIER_TEST_FILMS=${3:-20} CLIPCOURIER_TEST_WORKER_KILLS=${4:-50}
export CLIPCOURIER_TEST_UPLOADS=${5:-12} CLIPCOURIER_TEST_UPLOAD_KILLS=${6:-50}
(cd tests/flows && npm ci --no-audit --no-fund)  # what uploads
exec node --test --test-concurrency=1 --test-reporter=spec --test-name-pattern=kill \
  tests/flows/crash.test.js tests/flows/killed_workers.test.js tests/flows/uploads.test.js
