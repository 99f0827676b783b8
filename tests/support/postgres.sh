#!/usr/bin/env bash
# A throw-away PostgreSQL for tests, reachable only through a socket in its own temporary folder.
#
#   postgres.sh start PID   starts it, prints the folder of its socket; it ends when process PID ends
#   postgres.sh stop DIR    stops it now and removes the folder
#
# Speaks as user "postgres", without a password. Nothing in it survives: fsync is off.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed (Debian package postgresql-15)" >&2; exit 1; }

# initdb refuses root, so root lends the work to the user that Debian's package made.
as_user() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

start() {
  local watched=$1 dir
  dir=$(mktemp -d /tmp/clipcourier-pg.XXXXXX)
  [ "$(id -u)" = 0 ] && chown postgres "$dir"
  chmod 0755 "$dir"
  cd "$dir"
  as_user "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  as_user "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" start -o "-c listen_addresses='' \
    -c unix_socket_directories='$dir' -c fsync=${CLIPCOURIER_TEST_PG_FSYNC:-off} -c max_connections=200 -c deadlock_timeout=20ms \
    -c shared_buffers=128MB -c full_page_writes=off -c log_min_messages=fatal" >/dev/null
  # The watcher holds none of our descriptors, so nobody waits for it.
  setsid "$0" watch "$watched" "$dir" </dev/null >/dev/null 2>&1 &
  echo "$dir"
}

stop() {
  local dir=$1
  case "$dir" in /tmp/clipcourier-pg.*) ;; *) echo "not a folder of ours: $dir" >&2; exit 1 ;; esac
  [ -d "$dir" ] || return 0
  cd /
  as_user "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}

case "${1:-}" in
  start) start "${2:?PID}" ;;
  stop) stop "${2:?DIR}" ;;
  watch) while kill -0 "$2" 2>/dev/null && [ -d "$3" ]; do sleep 1; done; stop "$3" ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
