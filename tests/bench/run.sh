#!/usr/bin/env bash
# Measures one thing and prints its figures beside those of the tool one would otherwise take.
#
#   tests/bench/run.sh [--no-install] [--no-build] BENCH [OPTION...]
#
#   BENCH: dispatch, webhooks, launch, large, media, uploads, db, transcode or bdrate; README.md says what each does.
#
# Installs the Debian packages that are missing, builds preset release, runs, leaves nothing running.
# tests/bench/run.sh dispatch --help tells the options of one bench.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() { sed -n '2,9s/^# \{0,1\}//p' tests/bench/run.sh; }

install=true build=true
while true; do
  case "${1:-}" in
    --no-install) install=false ;;
    --no-build) build=false ;;
    --help | -h) usage; exit 0 ;;
    dispatch | webhooks | launch | large | media | uploads | db | transcode | bdrate) break ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
bench=$1
shift

if $install; then config/install/debian.sh build run bench >&2; fi
if [ "$bench" = uploads ]; then (cd tests/flows && npm ci --silent --no-audit --no-fund) >&2; fi
targets=(clipcourier clipcourier-transcoder)
case "$bench" in
  db) targets+=(bench_db) ;;
  media) targets+=(bench_phones) ;;
  large) targets+=(bench_claim) ;;
esac
if $build; then
  { cmake --preset release && cmake --build --preset release --target "${targets[@]}"; } >&2
fi
exec node "tests/bench/$bench.mjs" "$@"
