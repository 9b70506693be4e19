#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tiny Linux guest: Debian's cloud kernel and an initramfs of busybox and a few modules.

usage: guest.py DIRECTORY     builds it there and prints the paths of kernel and initramfs

The kernel is the machine's own (/boot/vmlinuz-*-cloud-amd64) where there is one, else the package is downloaded and
unpacked below DIRECTORY: installing it would put a kernel into the machine's boot menu. The guest has a prompt
on ttyS0 (and on hvc0 where that console exists), a network interface that asks for nothing, and powers off on the ACPI button.
"""
import glob
import os
import re
import stat
import subprocess
import sys

PROMPT = 'guest# '
# In load order; what they need is found in their own "depends=" entry. Missing ones are left out.
MODULES = ('af_packet', 'virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_balloon', 'virtio_console', 'virtio_rng', 'button', 'evdev')
APPLETS = ('sh', 'mount', 'umount', 'insmod', 'ls', 'cat', 'echo', 'dmesg', 'ps', 'free', 'uptime', 'uname', 'ip', 'ping', 'dd',
           'sync', 'sleep', 'poweroff', 'reboot', 'halt', 'hostname', 'setsid', 'cttyhack', 'grep', 'sed', 'awk', 'vi', 'head',
           'tail', 'wc', 'df', 'lspci', 'lsmod', 'date', 'id', 'kill', 'top', 'stty', 'mkdir', 'rm', 'cp', 'mv', 'ln', 'seq',
           'udhcpc', 'nslookup', 'nc', 'wget', 'arping', 'httpd', 'hexdump', 'md5sum', 'nproc', 'true', 'false', 'test', 'env', 'clear', 'less', 'tee', 'find', 'stat', 'blkid')
INIT = '''#!/bin/sh
export PATH=/bin HOME=/root TERM=linux PS1='guest# '
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for m in $(cat /modules/order); do insmod /modules/$m; done 2>/dev/null
hostname guest
ip link set lo up
# The ACPI power button is an input device: one event is 24 bytes.
for e in /sys/class/input/event*; do
    if grep -q 'Power Button' $e/device/name 2>/dev/null; then
        (dd if=/dev/input/${e##*/} of=/dev/null bs=24 count=1 2>/dev/null && echo 'power button' && poweroff -f) &
    fi
done
cd /root
if [ -e /dev/hvc0 ]; then (while :; do setsid sh -c 'exec sh -i <>/dev/hvc0 >&0 2>&0'; done) & fi
echo "Linux $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime 2>/dev/null || awk '{print $1}' /proc/uptime) s"
while :; do setsid cttyhack sh -i; done
'''


# What udhcpc runs when it got a lease, and when it begins.
UDHCPC = '''#!/bin/sh
case $1 in
bound|renew)
    ip addr flush dev $interface
    ip addr add $ip/$mask dev $interface
    for r in $router; do ip route add default via $r dev $interface; done
    : >/etc/resolv.conf
    for d in $dns; do echo nameserver $d >>/etc/resolv.conf; done
    [ -z "$domain" ] || echo search $domain >>/etc/resolv.conf
    echo "lease of $ip from $serverid" ;;
deconfig) ip link set $interface up ;;
esac
'''


def cpio_entry(name, mode, data=b'', rdev=(0, 0), ino=[0]):
    """One member of a "newc" archive."""
    ino[0] += 1
    fields = (ino[0], mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name) + 1, 0)
    head = b'070701' + b''.join(b'%08X' % f for f in fields) + name.encode() + b'\0'
    return head + b'\0' * (-len(head) % 4) + data + b'\0' * (-len(data) % 4)


def cpio(members):
    """members: (name, mode with type, data[, rdev])."""
    return b''.join(cpio_entry(*m) for m in members) + cpio_entry('TRAILER!!!', 0)


def module_files(root):
    """name -> path of each module below root, with dashes as underscores."""
    found = {}
    for d, _, files in os.walk(root):
        for f in files:
            if f.endswith('.ko'):
                found[f[:-3].replace('-', '_')] = os.path.join(d, f)
    return found


def with_needed(names, found):
    """The named modules and what they depend on, dependencies first."""
    order = []

    def add(name):
        name = name.replace('-', '_')
        if name in order or name not in found:
            return
        with open(found[name], 'rb') as f:
            depends = re.search(rb'\0depends=([^\0]*)\0', f.read())
        for d in (depends.group(1).decode().split(',') if depends else []):
            if d:
                add(d)
        order.append(name)
    for n in names:
        add(n)
    return order


def version_key(path):
    return [int(x) for x in re.findall(r'\d+', os.path.basename(path))]


def installed_kernel(top='/'):
    """(kernel, modules directory) of the newest usable cloud kernel below top, or None."""
    for k in sorted(glob.glob(os.path.join(top, 'boot/vmlinuz-*-cloud-amd64')), key=version_key, reverse=True):
        modules = os.path.join(top, 'lib/modules', os.path.basename(k)[len('vmlinuz-'):])
        if os.access(k, os.R_OK) and os.path.isdir(modules):
            return k, modules
    return None


def fetch_kernel(where):
    """Downloads and unpacks Debian's cloud kernel below where. Returns the same as installed_kernel."""
    top = os.path.join(where, 'kernel')
    have = installed_kernel(top)
    if have:
        return have
    os.makedirs(top, exist_ok=True)

    def sh(*cmd, cwd=None):
        p = subprocess.run(cmd, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        if p.returncode:
            raise RuntimeError('%s: %s' % (' '.join(cmd), p.stdout.strip()[-400:]))
        return p.stdout
    depends = re.search(r'Depends: (linux-image-\S+-cloud-amd64)', sh('apt-cache', 'depends', 'linux-image-cloud-amd64'))
    if not depends:
        raise RuntimeError('no package linux-image-cloud-amd64 in the package lists (apt-get update?)')
    sh('apt-get', '-q', 'download', depends.group(1), cwd=top)
    for deb in glob.glob(os.path.join(top, '*.deb')):
        sh('dpkg-deb', '-x', deb, top)
        os.unlink(deb)
    have = installed_kernel(top)
    if not have:
        raise RuntimeError('package %s has no /boot/vmlinuz-*-cloud-amd64' % depends.group(1))
    return have


def busybox():
    for p in ('/bin/busybox', '/usr/bin/busybox'):
        if os.path.exists(p):
            return os.path.realpath(p)
    raise RuntimeError('busybox is missing (package busybox-static)')


def build(where):
    """Builds the guest below where unless it is there already. Returns (kernel, initramfs)."""
    os.makedirs(where, exist_ok=True)
    kernel, modules = installed_kernel() or fetch_kernel(where)
    image = os.path.join(where, 'initramfs.img')
    newest = max(os.stat(p).st_mtime for p in (__file__, busybox(), kernel))
    if not os.path.exists(image) or os.stat(image).st_mtime < newest:
        found = module_files(modules)
        order = with_needed(MODULES, found)
        directory, file, link = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFLNK | 0o777
        members = [(d, directory) for d in ('bin', 'dev', 'proc', 'sys', 'root', 'tmp', 'mnt', 'modules', 'etc')]
        with open(busybox(), 'rb') as f:
            members.append(('bin/busybox', file, f.read()))
        members += [('bin/' + a, link, b'busybox') for a in APPLETS + ('cut',)]
        # The kernel opens /dev/console before init mounts anything.
        members.append(('dev/console', stat.S_IFCHR | 0o600, b'', (5, 1)))
        for name in order:
            with open(found[name], 'rb') as f:
                members.append(('modules/%s.ko' % name, file, f.read()))
        members.append(('modules/order', file, ''.join('%s.ko\n' % n for n in order).encode()))
        members.append(('etc/udhcpc.sh', file, UDHCPC.encode()))
        members.append(('init', file, INIT.encode()))
        tmp = '%s.%d' % (image, os.getpid())
        with open(tmp, 'wb') as f:
            f.write(cpio(members))
        os.rename(tmp, image)
    return kernel, image


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print('%s %s' % build(os.path.abspath(sys.argv[1])))
