#!/usr/bin/env bash
# Installs the Debian packages that are missing for a purpose, as root or through sudo.
#
#   config/install/debian.sh PURPOSE...    build, run, test, demo, bench: see debian-packages.txt
#   config/install/debian.sh --list PURPOSE...    only prints what is missing
#
# Takes no time when nothing is missing. Servers among the packages are installed but not started.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# Packages of the wanted purposes, one per line.
wanted() {
  local package purposes purpose rest
  while read -r package purposes rest; do
    case "$package" in '' | '#'*) continue ;; esac
    for purpose in "$@"; do
      case ",$purposes," in *",$purpose,"*) echo "$package"; break ;; esac
    done
  done <"$here/debian-packages.txt"
}

has_node() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 18 ]
}

missing() {
  local installed package
  installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | tr '\n' ' ')"
  wanted "$@" | while read -r package; do
    case "$package" in
      nodejs) has_node && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    case "$installed" in *" $package "*) ;; *) echo "$package" ;; esac
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "These packages are missing and there is no sudo. As root, run:" >&2
    echo "  $here/debian.sh ${purposes[*]}" >&2
    exit 1
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@"
}

# PostgreSQL and nginx run from temporary folders here; nobody asked for them on their usual ports.
keep_servers_stopped() {
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] && return
  trap 'as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root sh -c "cat >$policy && chmod 755 $policy"
}

# Package lists may be absent or older than the archive: they are fetched only then.
install_packages() {
  apt install --no-install-recommends "$@" 2>/dev/null || {
    apt update
    apt install --no-install-recommends "$@"
  }
}

# Debian makes a PostgreSQL cluster, which starts with the machine, for whoever installs the server.
# Runs a command with that switched off, unless the machine knows PostgreSQL already.
without_main_cluster() {
  local conf=/etc/postgresql-common/createcluster.conf
  case " ${packages[*]} " in *" postgresql-15 "*) ;; *) "$@"; return ;; esac
  if [ -e "$conf" ]; then "$@"; return; fi
  install_packages postgresql-common
  as_root sed -i 's/^#create_main_cluster = true/create_main_cluster = false/' "$conf"
  "$@"
  as_root sed -i 's/^create_main_cluster = false/#create_main_cluster = true/' "$conf"
}

# Only promtool is wanted of Prometheus: its server shall not start with the machine either.
without_prometheus_server() {
  local unit=/etc/systemd/system/prometheus.service
  case " ${packages[*]} " in
    *" prometheus "*) [ -e "$unit" ] || as_root sh -c "mkdir -p ${unit%/*} && ln -s /dev/null $unit" ;;
  esac
}

list_only=false
purposes=()
for argument in "$@"; do
  case "$argument" in
    build | run | test | demo | bench) purposes+=("$argument") ;;
    --list) list_only=true ;;
    --help | -h) usage; exit 0 ;;
    *) echo "unknown purpose: $argument" >&2; usage >&2; exit 2 ;;
  esac
done
[ ${#purposes[@]} -gt 0 ] || { usage >&2; exit 2; }

mapfile -t packages < <(missing "${purposes[@]}")
if $list_only; then [ ${#packages[@]} = 0 ] || printf "%s\n" "${packages[@]}"; exit 0; fi
[ ${#packages[@]} -gt 0 ] || exit 0

echo "Installing: ${packages[*]}"
keep_servers_stopped
without_prometheus_server
without_main_cluster install_packages "${packages[@]}"
