#!/usr/bin/env bash
# Installs the shippers that this machine can have and tries the configurations of integrations/ in them.
# Ends with 0 if nothing failed; says SKIPPED where a shipper cannot be had. `--install` only installs.
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder="${CARGO_TARGET_DIR:-$PWD/target}/shippers"
mkdir -p "$folder"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

bounded() {
    timeout 60 "$@" >>"$folder/install.log" 2>&1
}

get() { as_root env DEBIAN_FRONTEND=noninteractive timeout 60 apt-get install -y -qq --no-install-recommends "$@" >>"$folder/install.log" 2>&1; }

# The packages of rsyslog and syslog-ng exclude each other, so the latter is only unpacked.
install_rsyslog() {
    [ -x /usr/sbin/rsyslogd ] || get rsyslog
    command -v pgrep >/dev/null || get procps
}

install_syslog_ng() {
    [ -d "$folder/syslog-ng" ] && return
    get libivykis0 libnet1 libwrap0 libpcre3 libjson-c5
    (cd "$folder" && bounded apt-get download -qq syslog-ng-core && dpkg -x syslog-ng-core_*.deb syslog-ng)
}

install_redpanda() {
    [ -x "$folder/redpanda/bin/python" ] && return
    command -v python3 >/dev/null || get python3 python3-venv
    python3 -m venv "$folder/redpanda.new" >>"$folder/install.log" 2>&1
    bounded "$folder/redpanda.new/bin/python" -m pip install -q --only-binary :all: mq-bridge==1.2.0 mq-bridge-connect==0.2.2
    mv "$folder/redpanda.new" "$folder/redpanda"
}

: >"$folder/install.log"
if command -v apt-get >/dev/null; then
    [ -x /usr/sbin/rsyslogd ] && [ -d "$folder/syslog-ng" ] || as_root timeout 60 apt-get update -qq >>"$folder/install.log" 2>&1 || true
    for shipper in rsyslog syslog_ng redpanda; do
        # In a subshell of its own, so that `set -e` holds within and a failure is said and passed over.
        (set -e; "install_$shipper") & wait $! || echo "SKIPPED: $shipper cannot be installed here, see $folder/install.log"
    done
else
    echo "SKIPPED: no apt-get, so only shippers that are installed already are tried"
fi
rm -rf "$folder/redpanda.new"
[ "${1:-}" = --install ] && exit

cargo test --locked --test shippers real:: -- --nocapture
