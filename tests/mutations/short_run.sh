#!/usr/bin/env bash
# Some hundred damaged files through the worker, always the same ones: small films drawn by the ffmpeg
# command, so that every machine has them, and with CLIPCOURIER_CORPUS as many of the corpus.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
films=$(mktemp -d "${TMPDIR:-/tmp}/clipcourier-mutations.XXXXXX")
trap 'rm -rf "$films"' EXIT
"$here/../fuzz/make_seeds.sh" mutations probe "$films"
"$CLIPCOURIER_BIN/mutations" "$films" --count 150 --threads 2
if [ -d "${CLIPCOURIER_CORPUS:-}" ]; then
  "$CLIPCOURIER_BIN/mutations" "$CLIPCOURIER_CORPUS" --count 150 --most 100000 --threads 2
fi
