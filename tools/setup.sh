#!/bin/bash
# Installs the Debian packages of tools/debian-packages.txt that are missing. Silent and fast when
# none is, so every other target of the Makefile may call it first.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'setup: error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'setup: hint: %s\n' "$2" >&2
  exit 1
}

mapfile -t wanted < <(sed 's/#.*//' tools/debian-packages.txt | xargs -n1)
command -v dpkg-query >/dev/null || fail "this is not a Debian system" \
  "install what tools/debian-packages.txt names by other means, then run tools/build.sh release"

# dpkg-query fails for a package it has never heard of, and lists the others all the same.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

. /etc/os-release
[ "${VERSION_CODENAME:-}" = bookworm ] || printf 'setup: warning: %s\n' \
  "made for Debian 12; other releases have other versions of the libraries" >&2

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail \
    "${#missing[@]} packages are missing and only root can install them" \
    "as root: apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
  # Without a terminal nobody can type the password that sudo might ask for.
  [ -t 0 ] || as_root=(sudo -n)
fi

mkdir -p build
log=build/setup.log
: >"$log"
root() { "${as_root[@]}" "$@"; }

# nginx and prometheus are wanted as programs that tests and demo start by themselves; their
# packages would start system services on ports 80 and 9090. Those that are new here stay off,
# those that were here before stay as they are.
quiet_services=()
for package in nginx-light:nginx prometheus:prometheus; do
  if [[ " ${missing[*]} " == *" ${package%:*} "* ]] &&
     ! dpkg-query -W "${package#*:}" >/dev/null 2>&1; then
    quiet_services+=("${package#*:}.service")
  fi
done
systemd() { [ -d /run/systemd/system ] && [ ${#quiet_services[@]} -gt 0 ]; }

unmask() { ! systemd || root systemctl --runtime unmask "${quiet_services[@]}" >>"$log" 2>&1 || true; }

printf 'setup: installing %d Debian packages: %s\n' "${#missing[@]}" "${missing[*]}"
trap unmask EXIT
! systemd || root systemctl --runtime mask "${quiet_services[@]}" >>"$log" 2>&1
# RUNLEVEL=1 says the same to installations that start services without systemd.
apt() { root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$log" 2>&1 </dev/null; }
apt update || fail "the package lists cannot be fetched: $(tail -n1 "$log")" \
  "see $log; is the network up?"
apt install -y --no-install-recommends "${missing[@]}" || {
  tail -n 15 "$log" >&2
  fail "the packages cannot be installed" "see $log"
}
unmask
! systemd || root systemctl disable "${quiet_services[@]}" >>"$log" 2>&1 || true
printf 'setup: done\n'
