# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private libvirtd, ours or the system's, at the ordinary paths of a sandbox (or below a root prefix), and its clients."""
import os
import signal
import socket
import subprocess
import time

STOCK = '/usr/sbin/libvirtd'
BUILD = os.environ.get('VIREO_BUILD') or os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), 'build')
# The same for both: no system service is needed, and QEMU runs as a user every Debian has.
LIBVIRTD_CONF = {'auth_unix_rw': 'none', 'auth_unix_ro': 'none', 'unix_sock_ro_perms': '0777', 'unix_sock_rw_perms': '0700'}
QEMU_CONF = {'user': 'nobody', 'group': 'nogroup', 'security_driver': 'none', 'cgroup_controllers': [],
             'stdio_handler': 'file', 'namespaces': [], 'dynamic_ownership': 1, 'remember_owner': 0}


def conf_text(settings):
    """Settings as a configuration file."""
    def value(v):
        if isinstance(v, int):
            return str(v)
        if isinstance(v, (list, tuple)):
            return '[%s]' % ', '.join('"%s"' % x for x in v)
        return '"%s"' % v
    return ''.join('%s = %s\n' % (k, value(v)) for k, v in settings.items())


class Failed(Exception):
    pass


class Result(str):
    """Output of a client program; rc and err beside it."""
    rc = 0
    err = ''


class Daemon:
    started = []

    def __init__(self, kind=None, root='', libvirtd=None, qemu=None, args=(), env=None, log=None, program=None):
        """kind: 'vireo' or 'stock' (default: VIREO_DAEMON). libvirtd, qemu: settings over the defaults above."""
        self.kind = kind or os.environ.get('VIREO_DAEMON') or 'vireo'
        self.program = program or (STOCK if self.kind == 'stock' else os.path.join(BUILD, 'bin', 'libvirtd'))
        self.root = root
        self.args = list(args)
        self.env = env or {}
        self.log = log or '/run/work/%s.log' % self.kind
        self.process = None
        self.socket = root + '/run/libvirt/libvirt-sock'
        self.socket_ro = root + '/run/libvirt/libvirt-sock-ro'
        os.makedirs(root + '/etc/libvirt', exist_ok=True)
        for name, base, over in (('libvirtd.conf', LIBVIRTD_CONF, libvirtd), ('qemu.conf', QEMU_CONF, qemu)):
            with open('%s/etc/libvirt/%s' % (root, name), 'w') as f:
                f.write(conf_text(dict(base, **(over or {}))))

    # ---- life
    def start(self, timeout=30):
        """Starts it and waits until it answers a connection."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(('LIBVIRT_', 'VIREO_'))}
        env.update(PATH='/usr/sbin:/usr/bin:/sbin:/bin', **self.env)
        if self.root:
            env['VIREO_ROOT'] = self.root
        for s in (self.socket, self.socket_ro):
            if os.path.exists(s):
                os.unlink(s)
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([self.program] + self.args, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=env, cwd='/', start_new_session=True)
        if self not in Daemon.started:
            Daemon.started.append(self)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failed('%s exited with %s at start; its log ends with\n%s' %
                             (self.program, self.process.returncode, self.log_tail()))
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.socket)
                return self
            except OSError:
                time.sleep(0.005)
            finally:
                s.close()
        raise Failed('no socket %s after %d s; the log ends with\n%s' % (self.socket, timeout, self.log_tail()))

    def stop(self, sig=signal.SIGTERM, timeout=30):
        """Ends it. Returns its exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failed('the daemon did not end within %d s of signal %d' % (timeout, sig))
        return self.process.returncode if self.process else None

    def kill(self):
        return self.stop(signal.SIGKILL)

    def restart(self, sig=signal.SIGTERM):
        self.stop(sig)
        return self.start()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def __enter__(self):
        return self.start() if not self.process else self

    def __exit__(self, *exc):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def log_tail(self, lines=20):
        try:
            with open(self.log, errors='replace') as f:
                return ''.join(f.readlines()[-lines:])
        except OSError:
            return '(no log)'

    # ---- clients
    def uri(self, ro=False):
        return 'qemu+unix:///system?socket=' + (self.socket_ro if ro else self.socket)

    def run(self, *args, ro=False, ok=True, timeout=60, stdin=None, uri=None):
        """Stock virsh with the given command. ok: True, False, or None for either outcome."""
        cmd = ['virsh', '-q', '-c', uri or self.uri(ro)] + (['-r'] if ro else []) + [str(a) for a in args]
        p = subprocess.run(cmd, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=timeout, errors='replace', env=dict(os.environ, LC_ALL='C'))
        r = Result(p.stdout.rstrip('\n'))
        r.rc, r.err = p.returncode, p.stderr.strip()
        if ok is not None and ok != (p.returncode == 0):
            raise Failed('virsh %s: exit code %d\n%s%s' % (' '.join(map(str, args)), p.returncode, p.stdout[-2000:], p.stderr[-2000:]))
        return r

    def connect(self, ro=False):
        import libvirt
        libvirt.registerErrorHandler(lambda *_: None, None)
        return libvirt.openReadOnly(self.uri(True)) if ro else libvirt.open(self.uri())

    # ---- what it costs
    def status(self, key):
        with open('/proc/%d/status' % self.pid) as f:
            for line in f:
                if line.startswith(key + ':'):
                    return line.split(':', 1)[1].strip()
        return None

    def fds(self):
        """Open descriptors: number -> what it is."""
        where = '/proc/%d/fd' % self.pid
        found = {}
        for n in os.listdir(where):
            try:
                found[int(n)] = os.readlink('%s/%s' % (where, n))
            except OSError:
                pass
        return found

    def threads(self):
        return int(self.status('Threads'))

    def private_kib(self):
        total = 0
        with open('/proc/%d/smaps_rollup' % self.pid) as f:
            for line in f:
                if line.startswith(('Private_Clean', 'Private_Dirty')):
                    total += int(line.split()[1])
        return total

    def cpu_s(self):
        """CPU seconds its threads used so far, in nanosecond steps."""
        total = 0
        where = '/proc/%d/task' % self.pid
        for t in os.listdir(where):
            try:
                with open('%s/%s/schedstat' % (where, t)) as f:
                    total += int(f.read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def children(self):
        """pid -> state letter of its child processes."""
        found = {}
        for p in os.listdir('/proc'):
            if p.isdigit():
                try:
                    with open('/proc/%s/stat' % p) as f:
                        fields = f.read().rpartition(')')[2].split()
                except OSError:
                    continue
                if int(fields[1]) == self.pid:
                    found[int(p)] = fields[0]
        return found
