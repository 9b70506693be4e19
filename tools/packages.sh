#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# packages.sh [--dry] LOG PURPOSE...: installs the Debian packages of the named purposes that are missing; --dry only
# names them. Purposes: build, run (a guest under the daemon), test, fuzz, bench. Needs root, or sudo. One list for all scripts.
set -eu

packages_of()
{
    case $1 in
    build)
        echo gcc libc6-dev meson ninja-build pkg-config python3 libsystemd-dev libxml2-dev libjson-c-dev zlib1g-dev libedit-dev \
            libgnutls28-dev libsasl2-dev libssh-dev ;;
    run) echo qemu-system-x86 qemu-utils libvirt-clients busybox-static python3 iproute2 util-linux procps dnsmasq-base nftables passt swtpm swtpm-tools ;;
    test)
        echo check openssl gnutls-bin libxml2-utils python3-libvirt libvirt-dev shellcheck pyflakes3 gdb tmux sasl2-bin \
            libsasl2-modules openssh-server openssh-client netcat-openbsd valgrind libsys-virt-perl \
            gir1.2-libvirt-glib-1.0 python3-gi libvirt-dbus dbus virt-viewer xvfb debootstrap grub-common \
            grub-pc-bin grub-efi-amd64-bin xorriso mtools ovmf openvswitch-switch ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    bench) echo libvirt-daemon-system python3-libvirt ;;
    *) echo "packages.sh: no purpose '$1'" >&2; exit 64 ;;
    esac
}

dry=
if [ "${1:-}" = --dry ]; then dry=1; shift; fi
log=$1; shift
missing=
for purpose in "$@"; do
    for package in $(packages_of "$purpose"); do
        case "$missing " in *" $package "*) continue ;; esac
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || :) in
        *' installed') ;;
        *) missing="$missing $package" ;;
        esac
    done
done
[ -n "$missing" ] || exit 0
if [ -n "$dry" ]; then echo "$missing"; exit 0; fi

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "missing packages, and neither root nor sudo to install them:$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
install()
{
    # shellcheck disable=SC2086  # both are lists of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >>"$log" 2>&1 </dev/null
}
# Package lists may be old or absent: fetch them only when the first attempt says so.
install || { $as_root apt-get -q update >>"$log" 2>&1 && install; } || {
    echo "apt-get install$missing failed; the log ends with:" >&2
    tail -n 5 "$log" >&2
    exit 1
}
