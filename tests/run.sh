#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests.
#
#   tests/run.sh [--preset dev|asan|fuzz] [--no-install] [PART...]
#
# Parts, all of them by default:
#   rules      who includes whom, formatting
#   unit       the tests of each module, on SQLite and PostgreSQL; also under ASan and UBSan
#   simulator  the phone network of samples/ against independent clients
#   flows      real processes from upload to read receipt; also under ASan and UBSan
#   browser    pages in headless Chromium
#   fuzz       seeds and their variations through each parser of the transcoder; preset fuzz (clang)
#
# CLIPCOURIER_CORPUS (a folder of real videos) and CLIPCOURIER_META_OPENAPI (Meta's OpenAPI file)
# widen the tests; without them those cases are skipped. The last line is "N passed, N failed[, N skipped]".
set -uo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,16s/^# \{0,1\}//p' tests/run.sh; }

parts=()
presets=(dev asan fuzz)
install=true
while [ $# -gt 0 ]; do
  case "$1" in
    rules | unit | simulator | flows | browser | fuzz) parts+=("$1") ;;
    --preset) presets=("${2:?dev, asan or fuzz}"); shift ;;
    --no-install) install=false ;;
    --help | -h) usage; exit 0 ;;
    *) echo "unknown part: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
[ ${#parts[@]} -gt 0 ] || parts=(rules unit simulator flows browser fuzz)

passed=0 failed=0 skipped=0
results=()
work=$(mktemp -d /tmp/clipcourier-tests.XXXXXX)
postgres=
export CLIPCOURIER_TEST_RUN="run-$$-$RANDOM"  # marks every process of this run, see leftovers()

stop_postgres() {
  [ -n "$postgres" ] && tests/support/postgres.sh stop "$postgres"
  postgres=
}
end_all() {
  stop_postgres
  rm -rf "$work"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step NAME COMMAND...: runs it, notes how it went. Steps that are not ctest count only when they fail.
step() {
  local name=$1 began=$SECONDS status=0
  shift
  printf '\n== %s\n' "$name"
  "$@" || status=$?
  if [ "$status" -eq 0 ]; then
    results+=("ok      $((SECONDS - began))s  $name")
  else
    results+=("FAILED  $((SECONDS - began))s  $name")
    failed=$((failed + 1))
  fi
  return "$status"
}

build() {
  cmake --preset "$1" >"$work/configure" 2>&1 || { cat "$work/configure"; return 1; }
  cmake --build --preset "$1" -- -k 0
}

# tests PRESET PART...: what ctest knows of these parts, side by side so that no processor waits.
tests() {
  local preset=$1 began=$SECONDS report="$work/$1.xml" labels counts p f s
  shift
  printf '\n== %s (%s)\n' "$*" "$preset"
  printf -v labels '%s|' "$@"
  rm -rf "build/$preset/test-counts"
  mkdir -p "build/$preset/test-counts"
  ctest --test-dir "build/$preset" --label-regex "^(${labels%|})\$" --output-on-failure --no-tests=ignore \
    --parallel "$(nproc)" --output-junit "$report"
  counts=$(tests/support/count_tests.py "build/$preset" "$report") || counts="0 1 0"
  read -r p f s <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  results+=("$([ "$f" -eq 0 ] && echo "ok    " || echo FAILED)  $((SECONDS - began))s  $* ($preset): $p passed, $f failed, $s skipped")
}

# Every process that a test started and did not end is a failure.
leftovers() {
  local environ pid found=0
  for environ in $(grep -lsz "^CLIPCOURIER_TEST_RUN=$CLIPCOURIER_TEST_RUN\$" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${environ#/proc/} pid=${pid%/environ}
    [ -d "/proc/$pid" ] && ! is_ours "$pid" || continue
    echo "still running: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c 1-200)"
    kill "$pid" 2>/dev/null
    found=1
  done
  return $found
}

# Whether a process is this script or below it, as the commands of leftovers() itself are.
is_ours() {
  local pid=$1
  while [ "${pid:-0}" -gt 1 ]; do
    [ "$pid" -eq $$ ] && return 0
    pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null)
  done
  return 1
}

if $install; then step "install packages" config/install/debian.sh build run test || exit 1; fi
if postgres=$(tests/support/postgres.sh start $$); then
  export CLIPCOURIER_TEST_POSTGRES=$postgres
else
  step "start PostgreSQL" false
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0}
# A compiler cache, where there is one, then serves every clone of the project.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

for preset in "${presets[@]}"; do
  wanted=()
  for part in "${parts[@]}"; do
    case "$preset/$part" in
      fuzz/fuzz | asan/unit | asan/flows) wanted+=("$part") ;;
      fuzz/* | asan/*) ;; # what is no C++ of ours gains nothing from sanitizers
      */fuzz) ;;
      *) wanted+=("$part") ;;
    esac
  done
  [ ${#wanted[@]} -gt 0 ] || continue
  step "build ($preset)" build "$preset"
  # Sanitizers watch C++, and each module's tests show them both engines: one is enough for whole flows.
  if [ "$preset" = asan ]; then export CLIPCOURIER_TEST_ENGINES=sqlite; fi
  tests "$preset" "${wanted[@]}"
  unset CLIPCOURIER_TEST_ENGINES
done
stop_postgres
step "nothing is left running" leftovers

printf '\n== summary (%s min)\n' "$(((SECONDS + 30) / 60))"
printf '%s\n' "${results[@]}"
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
