#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The second half of ./demo, as root: a private daemon below .demo/, a guest under it, its console until the prompt.

Everything the demo makes is below .demo/ (and the guest's kernel and initramfs below build-guest/). A second run uses
the daemon that is there and boots the guest afresh.
"""
import os
import pty
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tests', 'guest'))
import guest  # noqa: E402

DEMO = os.path.join(TOP, '.demo')
ROOT = os.path.join(DEMO, 'root')
SOCKET = os.path.join(ROOT, 'run/libvirt/libvirt-sock')
URI = 'qemu+unix:///system?socket=' + urllib.parse.quote(SOCKET)
LOG = os.path.join(DEMO, 'libvirtd.log')
PID = os.path.join(DEMO, 'libvirtd.pid')
PROGRAM = os.path.join(TOP, 'build', 'bin', 'libvirtd')
VIRSH = os.path.join(TOP, 'build', 'bin', 'virsh')
NAME = 'demo'
KVM_WAIT_S = 20
TCG_WAIT_S = 180
START = float(os.environ.get('START') or time.time())

XML = '''<domain type='%(type)s'>
  <name>%(name)s</name>
  <memory unit='MiB'>192</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>%(kernel)s</kernel>
    <initrd>%(initrd)s</initrd>
    <cmdline>console=ttyS0 loglevel=4</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='%(disk)s'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <model type='virtio'/>
    </interface>
    <serial type='pty'/>
    <console type='pty'/>
  </devices>
</domain>
'''


class Failed(Exception):
    """step: which step; logs: files whose last lines may tell why."""

    def __init__(self, step, why, *logs):
        super().__init__(why)
        self.step, self.logs = step, logs


def say(text):
    print('[%5.1f s] %s' % (time.time() - START, text), flush=True)


def tail(path, n=8):
    try:
        with open(path, errors='replace') as f:
            return f.readlines()[-n:]
    except OSError:
        return []


def virsh(*args, check=None, timeout=60):
    """Our virsh against the private daemon. check: the step that fails when the command does."""
    try:
        p = subprocess.run((VIRSH, '-c', URI) + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, errors='replace', timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(check or args[0], 'virsh %s did not end within %d s' % (' '.join(args), timeout), LOG)
    if p.returncode and check:
        raise Failed(check, 'virsh %s: %s' % (' '.join(args), p.stderr.strip()), LOG, guest_log())
    return p.stdout.rstrip() if not p.returncode else None


def guest_log():
    return os.path.join(ROOT, 'var/log/libvirt/qemu', NAME + '.log')


# ---- the daemon
def daemon_pid():
    """pid of the demo's running daemon, or None."""
    try:
        with open(PID) as f:
            pid = int(f.read())
        with open('/proc/%d/environ' % pid, 'rb') as f:
            ours = b'VIREO_ROOT=' + ROOT.encode() in f.read().split(b'\0')
        return pid if ours else None
    except (OSError, ValueError):
        return None


def end(pid, seconds):
    """SIGTERM, then SIGKILL after the given time."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, sig)
            stop = time.time() + seconds
            while time.time() < stop:
                os.kill(pid, 0)
                with open('/proc/%d/stat' % pid) as f:
                    if f.read().rpartition(')')[2].split()[0] == 'Z':
                        return
                time.sleep(0.02)
        except (ProcessLookupError, FileNotFoundError):
            return


def answers():
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(SOCKET)
        return True
    except OSError:
        return False
    finally:
        s.close()


def qemu_user():
    """The user guests run as: nobody, where that user can reach the files below .demo (not inside /root, say)."""
    p = subprocess.run(['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'test', '-r', ROOT, '-a', '-x', ROOT])
    return ('nobody', 'nogroup') if p.returncode == 0 else ('root', 'root')


def configure():
    etc = os.path.join(ROOT, 'etc/libvirt')
    os.makedirs(etc, exist_ok=True)
    user, group = qemu_user()
    with open(os.path.join(etc, 'qemu.conf'), 'w') as f:
        f.write('user = "%s"\ngroup = "%s"\nsecurity_driver = "none"\nstdio_handler = "file"\n' % (user, group))
    with open(os.path.join(etc, 'libvirtd.conf'), 'w') as f:
        f.write('auth_unix_rw = "none"\nauth_unix_ro = "none"\n')
        if os.environ.get('SUDO_GID'):
            # Who typed ./demo may use virsh on it without sudo.
            f.write('unix_sock_group = "#%s"\n' % os.environ['SUDO_GID'] if not group_name() else
                    'unix_sock_group = "%s"\nunix_sock_rw_perms = "0770"\n' % group_name())
    return user


def group_name():
    import grp
    try:
        return grp.getgrgid(int(os.environ['SUDO_GID'])).gr_name
    except (KeyError, ValueError):
        return None


def start_daemon():
    if len(SOCKET) > 107:
        raise Failed('daemon', 'the path %s is too long for a UNIX socket: put the clone into a shorter one' % SOCKET)
    pid = daemon_pid()
    if pid:
        # A rebuilt program shows as "(deleted)": take the new one; the guest does not notice.
        if os.readlink('/proc/%d/exe' % pid) == PROGRAM and answers():
            say('daemon: already running, pid %d' % pid)
            return
        end(pid, 20)
    user = configure()
    env = dict(PATH='/usr/sbin:/usr/bin:/sbin:/bin', HOME='/root', LANG='C.UTF-8', VIREO_ROOT=ROOT)
    with open(LOG, 'ab') as log:
        p = subprocess.Popen([PROGRAM], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd='/', start_new_session=True)
    with open(PID, 'w') as f:
        f.write('%d\n' % p.pid)
    stop = time.time() + 20
    while not answers():
        if p.poll() is not None:
            os.unlink(PID)
            raise Failed('daemon', '%s ended with exit code %d' % (PROGRAM, p.returncode), LOG)
        if time.time() > stop:
            raise Failed('daemon', 'it does not answer on %s' % SOCKET, LOG)
        time.sleep(0.01)
    say('daemon: libvirtd started, pid %d, everything of it below %s; guests run as %s' % (p.pid, ROOT, user))


# ---- the guest
def kvm_usable():
    """Why KVM cannot be used, or None. That a guest really runs on it shows only by running one."""
    remembered = os.path.join(DEMO, 'kvm-failed')
    if os.path.exists(remembered):
        with open(remembered) as f:
            return f.read().strip() + ' in an earlier run'
    try:
        os.close(os.open('/dev/kvm', os.O_RDWR))
        return None
    except OSError as e:
        return '/dev/kvm: ' + e.strerror


def define(accel):
    boot = []
    for path in guest.build(os.path.join(TOP, 'build-guest')):
        # Copies: the daemon gives a guest's files to the user QEMU runs as.
        boot.append(os.path.join(DEMO, 'images', os.path.basename(path)))
        if not os.path.exists(boot[-1]) or os.stat(boot[-1]).st_mtime < os.stat(path).st_mtime:
            os.makedirs(os.path.dirname(boot[-1]), exist_ok=True)
            shutil.copy(path, boot[-1])
    disk = os.path.join(DEMO, 'images', 'disk.img')
    with open(disk, 'ab') as f:
        f.truncate(64 << 20)
    xml = os.path.join(DEMO, NAME + '.xml')
    with open(xml, 'w') as f:
        f.write(XML % dict(type=accel, name=NAME, kernel=boot[0], initrd=boot[1], disk=disk))
    if NAME in (virsh('list', '--name', check='guest') or '').split():
        virsh('destroy', NAME, check='guest')
    if NAME in (virsh('list', '--all', '--name', check='guest') or '').split():
        virsh('undefine', NAME, check='guest')
    virsh('define', xml, check='guest')
    return xml


def show_until_prompt(seconds):
    """Starts the guest with its console and shows it. Returns None at the prompt, else what went wrong."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(VIRSH, ['virsh', '-c', URI, 'start', NAME, '--console'])
    text, shown, stop, why = '', 0, time.time() + seconds, None
    clean = re.compile(r'\x1b(\[[0-9;?]*[A-Za-z]|c)|\r')
    while True:
        if not select.select([fd], [], [], max(0.0, stop - time.time()))[0]:
            why = 'no prompt within %d s' % seconds
            break
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b''
        if not data:
            why = 'the console ended: ' + ' '.join(clean.sub('', text).split('\n')[-3:]).strip()
            break
        text += data.decode(errors='replace')
        lines = clean.sub('', text).split('\n')
        for line in lines[shown:-1]:
            if line.strip():
                print('          | ' + line.rstrip(), flush=True)
        shown = len(lines) - 1
        if guest.PROMPT in lines[-1]:
            print('          | ' + guest.PROMPT, flush=True)
            break
    try:
        os.write(fd, b'\x1d')
    except OSError:
        pass
    os.close(fd)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    return why


def boot():
    reason = kvm_usable()
    if not reason:
        xml = define('kvm')
        say('guest: defined from %s (KVM); starting, here is its console' % os.path.relpath(xml, TOP))
        reason = show_until_prompt(KVM_WAIT_S)
        if not reason:
            return 'KVM'
        reason = 'a guest on /dev/kvm does not get to its prompt (%s)' % reason
        with open(os.path.join(DEMO, 'kvm-failed'), 'w') as f:
            f.write(reason + '\n')
    say('no usable KVM: %s; taking software emulation, which is slower' % reason)
    xml = define('qemu')
    say('guest: defined from %s (software emulation); starting, here is its console' % os.path.relpath(xml, TOP))
    reason = show_until_prompt(TCG_WAIT_S)
    if reason:
        raise Failed('guest', reason, guest_log(), LOG)
    return 'software emulation'


def run():
    os.makedirs(ROOT, exist_ok=True)
    try:
        guest.build(os.path.join(TOP, 'build-guest'))
    except (RuntimeError, OSError) as e:
        raise Failed('guest image', str(e))
    say('guest image: Debian cloud kernel and busybox')
    start_daemon()
    how = boot()
    say('guest: at its prompt, by %s' % how)
    for args in (('list', '--all'), ('dominfo', NAME), ('domstats', NAME, '--state', '--cpu-total', '--balloon', '--vcpu', '--block')):
        print('\n$ virsh ' + ' '.join(args))
        for line in virsh(*args, check='virsh ' + args[0]).splitlines():
            if line.strip():
                print('  ' + line)
    print('''
It runs on, also when its daemon is stopped or killed. What to type next:
  export LIBVIRT_DEFAULT_URI=%s
  export PATH=%s:$PATH
  virsh console %s          # Ctrl-] leaves it
  virsh dumpxml %s
  virsh suspend %s; virsh resume %s; virsh shutdown %s; virsh start %s
  kill -9 %s; ./demo         # the daemon dies; what it kept is found again
  ./demo --stop              # ends and removes all of it''' % (
        (shlex.quote(URI), shlex.quote(os.path.dirname(VIRSH))) + (NAME,) * 6 + (daemon_pid(),)))
    say('ready')


def stop():
    if daemon_pid() and answers():
        for name in (virsh('list', '--name') or '').split():
            virsh('destroy', name)
            say('guest %s: ended' % name)
    pid = daemon_pid()
    if pid:
        end(pid, 20)
        say('daemon: ended')
    # Guests that a dead daemon left behind: their command line names this directory.
    for p in os.listdir('/proc'):
        if p.isdigit():
            try:
                with open('/proc/%s/cmdline' % p, 'rb') as f:
                    line = f.read()
            except OSError:
                continue
            if line.split(b'\0')[0].endswith(b'qemu-system-x86_64') and DEMO.encode() + b'/' in line:
                end(int(p), 5)
                say('guest process %s: ended' % p)
    shutil.rmtree(DEMO)
    say('removed %s' % DEMO)


if __name__ == '__main__':
    try:
        {'run': run, 'stop': stop}[sys.argv[1]]()
    except Failed as e:
        print('demo: step "%s" failed: %s' % (e.step, e), file=sys.stderr)
        for path in e.logs:
            lines = tail(path)
            if lines:
                print('  %s ends with' % path, file=sys.stderr)
                for line in lines:
                    print('    ' + line.rstrip(), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit('demo: interrupted; ./demo --stop removes what is there')
