#!/usr/bin/env bash
# Measures one thing and prints its figures beside those of the tool one would otherwise take.
#
#   tests/bench/run.sh [--no-install] [--no-build] dispatch|media|launch|transcode|bdrate [OPTION...]
#
# Installs the Debian packages that are missing, builds preset release, runs, leaves nothing running.
# tests/bench/run.sh dispatch --help tells the options of one bench; README.md what each one means.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() { sed -n '2,7s/^# \{0,1\}//p' tests/bench/run.sh; }

install=true build=true
while true; do
  case "${1:-}" in
    --no-install) install=false ;;
    --no-build) build=false ;;
    --help | -h) usage; exit 0 ;;
    dispatch | media | launch | transcode | bdrate) break ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
bench=$1
shift

if $install; then config/install/debian.sh build run bench >&2; fi
if $build; then
  { cmake --preset release && cmake --build --preset release --target clipcourier clipcourier-transcoder; } >&2
fi
exec node "tests/bench/$bench.mjs" "$@"
