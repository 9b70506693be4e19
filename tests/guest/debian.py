#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole Debian guest: a root file system made by debootstrap and a CD that boots it, by BIOS or UEFI.

usage: debian.py DIRECTORY     builds disk.img and boot.iso there, unless they are there already

As root, with the mirror of apt's own configuration. On its first serial port the guest writes, between lines
"REPORT name" and "END name", what tools inside it see of its hardware.
"""
import os
import re
import shutil
import subprocess
import sys

PROGRAMS = {'debootstrap': 'debootstrap', 'grub-mkrescue': 'grub-common', 'xorriso': 'xorriso', 'mformat': 'mtools',
            'mkfs.ext4': 'e2fsprogs'}
FILES = {'/usr/lib/grub/i386-pc': 'grub-pc-bin', '/usr/lib/grub/x86_64-efi': 'grub-efi-amd64-bin'}
PACKAGES = ('linux-image-amd64', 'initramfs-tools', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'pciutils', 'dmidecode',
            'util-linux', 'qemu-guest-agent', 'zstd')
SIZE = '2G'
REPORT = '''#!/bin/sh
exec >/dev/ttyS0 2>&1
report() { echo; echo "REPORT $1"; shift; "$@"; echo; echo "END"; }
for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /sys/class/tpm/tpm0 ] && break; sleep 1; done
report lspci lspci -nn
report lsblk lsblk -b -d -n -o NAME,SIZE,TYPE
report dmidecode dmidecode -t 1
report lscpu lscpu
report net ip -o link
report rng cat /sys/class/misc/hw_random/rng_current
report tpm cat /sys/class/tpm/tpm0/tpm_version_major
report firmware sh -c '[ -d /sys/firmware/efi ] && echo uefi || echo bios'
report agent systemctl is-active qemu-guest-agent
echo "REPORTED"
'''
UNIT = '''[Unit]
Description=What the hardware looks like
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/report
[Install]
WantedBy=multi-user.target
'''
GRUB = '''set timeout=0
serial --unit=0 --speed=115200
terminal_output console serial
search --no-floppy --label --set=root vireo-root
linux /vmlinuz root=LABEL=vireo-root ro console=ttyS0 quiet
initrd /initrd.img
boot
'''


class Unavailable(Exception):
    """Raised with the reason why it cannot be built here."""


def run(*args, **kw):
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', check=False, **kw)
    if p.returncode:
        raise Unavailable('%s: %s' % (args[0], p.stdout[-500:].strip()))
    return p.stdout


def mirror():
    """(mirror, suite) of apt's first source."""
    text = run('apt-get', 'indextargets', '--format', '$(URI)')
    found = re.search(r'^(\S+?)/dists/([^/\s]+)/', text, re.M)
    if not found:
        raise Unavailable('apt has no source of packages')
    return found[1], found[2]


def missing():
    return sorted({p for x, p in PROGRAMS.items() if not shutil.which(x)} | {p for x, p in FILES.items() if not os.path.isdir(x)})


def write(path, text, mode=0o644):
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, mode)


def tree(root):
    uri, suite = mirror()
    run('debootstrap', '--variant=minbase', '--include=' + ','.join(PACKAGES), suite, root, uri, timeout=1800)
    write(root + '/etc/fstab', 'LABEL=vireo-root / ext4 defaults 0 1\n')
    write(root + '/etc/hostname', 'debian\n')
    write(root + '/usr/local/sbin/report', REPORT, 0o755)
    write(root + '/etc/systemd/system/report.service', UNIT)
    wants = root + '/etc/systemd/system/multi-user.target.wants'
    os.makedirs(wants, exist_ok=True)
    os.symlink('/etc/systemd/system/report.service', wants + '/report.service')
    shutil.rmtree(root + '/var/cache/apt', ignore_errors=True)
    shutil.rmtree(root + '/usr/share/doc', ignore_errors=True)


def make_disk(root, path):
    tree(root)
    run('truncate', '-s', SIZE, path)
    run('mkfs.ext4', '-q', '-F', '-L', 'vireo-root', '-d', root, path)


def make_cd(top, path):
    os.makedirs(top + '/boot/grub')
    write(top + '/boot/grub/grub.cfg', GRUB)
    run('grub-mkrescue', '-o', path, top)


def build(directory):
    """Paths of disk and CD. Unavailable with the reason when they cannot be made."""
    disk, iso = directory + '/disk.img', directory + '/boot.iso'
    if os.path.exists(disk) and os.path.exists(iso):
        return disk, iso
    if os.geteuid() != 0:
        raise Unavailable('only root can make a root file system')
    if missing():
        raise Unavailable('missing packages: ' + ' '.join(missing()))
    for path, make in ((disk, make_disk), (iso, make_cd)):
        if not os.path.exists(path):
            work = path + '.d'
            shutil.rmtree(work, ignore_errors=True)
            os.makedirs(work)
            make(work, path + '.new')
            os.rename(path + '.new', path)
            shutil.rmtree(work)
    return disk, iso


if __name__ == '__main__':
    try:
        print('\n'.join(build(os.path.abspath(sys.argv[1]))))
    except Unavailable as e:
        sys.exit('debian.py: %s' % e)
