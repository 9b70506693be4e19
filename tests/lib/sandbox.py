# SPDX-License-Identifier: LGPL-2.1-or-later
"""Namespaces of one's own: what a test starts in here ends with it, and nothing it writes reaches the machine.

enter() runs the calling program again inside new mount, network, pid, ipc and uts namespaces, in which /run,
/etc/libvirt, /var/lib/libvirt, /var/cache/libvirt, /var/log/libvirt and /dev/pts are fresh. A daemon at its ordinary paths, ours or the
system's own, thus starts from nothing and both can be compared.
"""
import os
import stat
import subprocess
import sys

WORK = '/run/work'
# The machine's own /etc/libvirt, where it has one, to be read.
MACHINE_ETC = WORK + '/machine-etc'
STATE = ('/etc/libvirt', '/var/lib/libvirt', '/var/cache/libvirt', '/var/log/swtpm', '/var/log/libvirt')


def mount(*args):
    subprocess.run(('mount',) + args, check=True)


def cover(path, n):
    """An empty, writable directory at path, whether or not the machine has one there."""
    if os.path.isdir(path):
        mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', path)
        return
    # Making the directory would change the machine: make it in an overlay over its parent.
    upper, work = '%s/.upper%d' % (WORK, n), '%s/.work%d' % (WORK, n)
    os.makedirs(upper)
    os.makedirs(work)
    parent = os.path.dirname(path)
    mount('-t', 'overlay', 'overlay', '-o', 'lowerdir=%s,upperdir=%s,workdir=%s' % (parent, upper, work), parent)
    os.makedirs(path)


def make_dev():
    """A /dev like a plain machine's, without kvm: whether that device works differs from host to host."""
    new = WORK + '/.dev'
    os.makedirs(new)
    mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', new)
    for d in ('pts', 'shm', 'net', 'mqueue'):
        os.mkdir('%s/%s' % (new, d))
    for name, major, minor in (('null', 1, 3), ('zero', 1, 5), ('full', 1, 7), ('random', 1, 8), ('urandom', 1, 9), ('tty', 5, 0),
                               ('net/tun', 10, 200)):
        os.mknod('%s/%s' % (new, name), 0o666 | stat.S_IFCHR, os.makedev(major, minor))
        os.chmod('%s/%s' % (new, name), 0o666)
    mount('-t', 'devpts', '-o', 'newinstance,ptmxmode=0666,mode=620,gid=5', 'devpts', new + '/pts')
    mount('-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', new + '/shm')
    mount('-t', 'mqueue', 'mqueue', new + '/mqueue')
    os.symlink('pts/ptmx', new + '/ptmx')
    os.symlink('/proc/self/fd', new + '/fd')
    for n, name in enumerate(('stdin', 'stdout', 'stderr')):
        os.symlink('/proc/self/fd/%d' % n, '%s/%s' % (new, name))
    mount('--move', new, '/dev')


def set_up():
    """Inside: the mounts, and loopback."""
    mount('--make-rprivate', '/')
    mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run')
    os.makedirs('/run/lock')
    os.makedirs(WORK)
    mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', WORK)
    if os.path.isdir(STATE[0]):
        os.makedirs(MACHINE_ETC)
        mount('--bind', STATE[0], MACHINE_ETC)
        mount('-o', 'remount,bind,ro', MACHINE_ETC)
    for n, path in enumerate(STATE):
        cover(path, n)
    os.makedirs('/var/log/libvirt/qemu', exist_ok=True)
    # The new sysfs shows this network namespace; no cgroup is ours to use, so none is offered.
    # What lies hidden below a mount is still listed, so the old trees go first.
    subprocess.run(['umount', '--recursive', '--lazy', '/sys'], check=False, stderr=subprocess.DEVNULL)
    mount('-t', 'sysfs', 'sysfs', '/sys')
    try:
        mount('-t', 'tmpfs', 'tmpfs', '/sys/fs/cgroup')
    except subprocess.CalledProcessError:
        pass
    make_dev()
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)


def enter():
    """Returns inside the namespaces, or ends the program with the exit code of the copy that ran there."""
    if os.environ.get('VIREO_INSIDE') == '1':
        # pid 1 of the namespace: orphaned guests are its children, so it reaps and does nothing else.
        child = os.fork()
        if child == 0:
            del os.environ['VIREO_INSIDE']
            set_up()
            return
        while True:
            pid, status = os.wait()
            if pid == child:
                os._exit(os.waitstatus_to_exitcode(status) & 0xff)
    os.environ['VIREO_INSIDE'] = '1'
    os.execvp('unshare', ['unshare', '--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc',
                          '--', '/usr/bin/python3'] + sys.argv)


def add_bridge(name='br0'):
    subprocess.run(['ip', 'link', 'add', name, 'type', 'bridge'], check=True)
    subprocess.run(['ip', 'link', 'set', name, 'up'], check=True)


def links():
    return sorted(os.listdir('/sys/class/net'))


def mounts():
    with open('/proc/self/mountinfo') as f:
        return sorted(line.split()[4] for line in f)


def files(*tops):
    """Every path below the given directories."""
    found = []
    for top in tops:
        for d, dirs, names in os.walk(top):
            found += [os.path.join(d, n) for n in names + dirs]
    return sorted(found)


def processes(word):
    """pid -> command line of the processes (zombies too, by their short name) whose command line has the word."""
    found = {}
    for p in os.listdir('/proc'):
        if not p.isdigit() or int(p) == os.getpid():
            continue
        try:
            with open('/proc/%s/cmdline' % p, 'rb') as f:
                line = f.read().replace(b'\0', b' ').decode(errors='replace')
            if not line:
                with open('/proc/%s/comm' % p) as f:
                    line = '[%s]' % f.read().strip()
        except OSError:
            continue
        if word in line:
            found[int(p)] = line
    return found
