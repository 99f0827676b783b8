#!/usr/bin/env bash
# Two thousand damaged files of a folder of real videos through the real worker:
#
#   tests/bench/mutations.sh [--no-install] [FOLDER [OPTION...]]
#
# FOLDER is $CLIPCOURIER_CORPUS, or samples/films. Options of build/release/bin/mutations (--help) come
# after it, such as --seed 7 or --only 1234, which shows one again. Exit code 1 when one ends badly.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case "${1:-}" in
  --help | -h) sed -n '2,7s/^# \{0,1\}//p' tests/bench/mutations.sh; exit 0 ;;
  --no-install) shift ;;
  *) config/install/debian.sh build test >&2 ;;
esac
folder=${1:-${CLIPCOURIER_CORPUS:-samples/films}}
shift || true
{ cmake --preset release && cmake --build --preset release --target mutations; } >&2
exec nice build/release/bin/mutations "$folder" --count 2000 --seed 2026 --most 4500000 --cpu-s 60 "$@"
