#!/usr/bin/env bash
# Plays the whole story of Clipcourier against simulated phones: installs what is missing, builds, and
# lets three product films reach the customers who agreed to get them.
#
#   samples/demo.sh           afterwards service and phones keep running; Ctrl-C stops both
#   samples/demo.sh --once    ends by itself; exit code 1 when a step failed
#
#   --bin FOLDER              use these programs instead of building (build/<preset>/bin)
#   --keep                    keep the data of the demo and say where it is
set -euo pipefail
cd "$(dirname "$0")/.."

bin=
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --once | --keep) arguments+=("$1") ;;
    --bin) bin=$(cd "${2:?a folder}" && pwd); shift ;;
    --help | -h) sed -n '2,9s/^# \{0,1\}//p' samples/demo.sh; exit 0 ;;
    *) echo "unknown option: $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

if [ -z "$bin" ]; then
  config/install/debian.sh build run demo
  echo "Building (the first time takes some minutes) ..."
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  { cmake --preset release && cmake --build --preset release --target clipcourier clipcourier-transcoder; } \
    >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -f "$log"
  trap - EXIT
  bin=$PWD/build/release/bin
else
  config/install/debian.sh run demo
fi
exec node samples/demo/demo.mjs --bin "$bin" "${arguments[@]}"
