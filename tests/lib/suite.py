# SPDX-License-Identifier: LGPL-2.1-or-later
"""End-to-end tests: functions marked @test, run one after the other inside a sandbox.

    from suite import test, long, daemon, main
    @test
    def a_guest_is_listed_after_define(): ...
    main()

A file runs by itself: tests/e2e/basic.py [NAME...] runs the tests whose name has one of the words; --stock runs them
against the system's own daemon (how a test proves that it asks for what libvirt does); --keep leaves a shell open after a failure.
./check collects results through the file named by VIREO_RESULTS, one JSON object per line.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'guest'))
import guest as guest_image  # noqa: E402
import sandbox  # noqa: E402
from daemon import Daemon, Failed, BUILD, STOCK  # noqa: E402

TESTS = []
# '' none, '1' all, 'K/N' a part of the long tests
LONG = os.environ.get('VIREO_LONG', '')
# Seconds for one test; nothing here is near it unless it hangs.
LIMIT_S, LONG_LIMIT_S = 240, 3000
_shared = {}


class Skip(Exception):
    """Raised with the reason why a test cannot run here."""


def test(f):
    TESTS.append(f)
    return f


def long(f):
    """Marks a test that only --all runs. Put it below @test."""
    f.is_long = True
    return f


def vireo_only(f):
    """Marks a test of what stock does not do; left out with --stock."""
    f.vireo_only = True
    return f


def equal(a, b, what=''):
    if a != b:
        raise AssertionError('%s%r is not %r' % (what and what + ': ', a, b))


def has(text, part):
    if part not in text:
        raise AssertionError('%r is not in %r' % (part, text))


def wait_for(condition, what, timeout=10):
    """Polls until condition() is true; returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed('%s did not happen within %s s' % (what, timeout))
        time.sleep(0.01)


def daemon():
    """The daemon shared by the tests of a suite; started at first use and again when a test has stopped it."""
    d = _shared.get('daemon')
    if d is None:
        d = _shared['daemon'] = Daemon()
    if not d.alive():
        d.start()
    return d


def boot_files():
    """(kernel, initramfs) of the tiny guest, copies in the sandbox: a daemon may change their owner."""
    if 'boot' not in _shared:
        cache = os.path.join(os.path.dirname(HERE), '..', 'build-guest')
        out = []
        for p in guest_image.build(os.path.abspath(cache)):
            out.append(os.path.join(sandbox.WORK, os.path.basename(p)))
            shutil.copy(p, out[-1])
        _shared['boot'] = tuple(out)
    return _shared['boot']


def domain_xml(name, memory_mib=64, boot=False, devices='', head='', cmdline='console=ttyS0 quiet', machine='pc', vcpus=1):
    """A small guest. boot: with the tiny Linux, else one that finds nothing to boot and idles in its firmware."""
    os_part = ''
    if boot:
        os_part = '<kernel>%s</kernel><initrd>%s</initrd><cmdline>%s</cmdline>' % (boot_files() + (cmdline,))
        memory_mib = max(memory_mib, 128)
    return '''<domain type='qemu'>
  <name>%s</name>
  <memory unit='MiB'>%d</memory>
  <vcpu>%d</vcpu>
  <os><type arch='x86_64' machine='%s'>hvm</type>%s</os>
  <features><acpi/></features>%s
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <console type='pty'/>%s
  </devices>
</domain>
''' % (name, memory_mib, vcpus, machine, os_part, head, devices)


def write(name, text):
    path = os.path.join(sandbox.WORK, name)
    with open(path, 'w') as f:
        f.write(text)
    return path


class Console:
    """A guest's console through the client library's stream, read by a thread over a connection of its own."""

    def __init__(self, conn, dom, device=None, flags=0):
        import libvirt
        self.conn = libvirt.open(conn.getURI())
        self.stream = self.conn.newStream()
        self.conn.lookupByUUIDString(dom.UUIDString()).openConsole(device, self.stream, flags)
        self.news = threading.Condition()
        self.text = ''
        self.ended = None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        import libvirt
        while True:
            try:
                data = self.stream.recv(4096)
            except libvirt.libvirtError as e:
                data, why = b'', str(e)
            else:
                why = 'end of the stream'
            with self.news:
                if data:
                    self.text += data.decode(errors='replace')
                else:
                    self.ended = why
                self.news.notify()
            if not data:
                return

    def read_until(self, word, timeout=60):
        """Reads until the word appears; returns what came up to its end."""
        end = time.monotonic() + timeout
        with self.news:
            while word not in self.text:
                if self.ended or time.monotonic() > end:
                    raise Failed('no %r on the console (%s); it ends with %r' % (
                        word, self.ended or 'within %s s' % timeout, self.text[-500:]))
                self.news.wait(0.5)
            head, _, self.text = self.text.partition(word)
            return head + word

    def send(self, text):
        self.stream.send(text.encode())

    def command(self, line, timeout=30):
        """Types a command at the guest's prompt; returns what it printed."""
        self.send(line + '\n')
        return self.read_until(guest_image.PROMPT, timeout)

    def close(self):
        try:
            self.stream.abort()
        except Exception:  # the stream may have ended by itself
            pass
        self.conn.close()


def with_sizes(path, mib=4):
    """A raw image of the given size in the sandbox."""
    path = os.path.join(sandbox.WORK, path)
    with open(path, 'wb') as f:
        f.truncate(mib << 20)
    return path


def clean_up(d):
    """Destroys and undefines every guest, so that the next test starts from nothing."""
    for name in d.run('list', '--all', '--name').split():
        d.run('destroy', name, ok=None)
        d.run('undefine', name, ok=None)


def is_chosen(f):
    """Whether a long test is to run now."""
    if '/' not in LONG:
        return bool(LONG)
    k, n = map(int, LONG.split('/'))
    return zlib.crc32(f.__name__.encode()) % n == k % n


def too_late(*_):
    raise Failed('the test did not end in time')


def report(name, result, seconds, text=''):
    print('%-4s %-72s %6.2f s%s' % (result, name.replace('_', ' '), seconds, '\n' + text if text else ''), flush=True)
    if os.environ.get('VIREO_RESULTS'):
        with open(os.environ['VIREO_RESULTS'], 'a') as f:
            f.write(json.dumps({'test': name, 'result': result, 'seconds': seconds, 'text': text}) + '\n')


def run_one(f):
    start = time.monotonic()
    try:
        if getattr(f, 'is_long', False) and not is_chosen(f):
            raise Skip('long; ./check --all runs it')
        signal.alarm(LONG_LIMIT_S if getattr(f, 'is_long', False) else LIMIT_S)
        f()
        d = _shared.get('daemon')
        if d and d.process and d.process.poll() not in (None, 0) and not getattr(f, 'ends_daemon', False):
            raise Failed('the daemon ended with %s' % d.process.returncode)
        report(f.__name__, 'pass', time.monotonic() - start)
        return True
    except Skip as e:
        report(f.__name__, 'skip', time.monotonic() - start, str(e))
        return True
    except BaseException as e:  # noqa: B902 - a test that exits is a failed test
        text = traceback.format_exc(limit=-4)
        d = _shared.get('daemon')
        if d:
            if d.process and d.process.poll() is not None:
                text += '\nthe daemon has ended with %s' % d.process.returncode
            text += '\ndaemon log:\n' + d.log_tail(15)
        report(f.__name__, 'fail', time.monotonic() - start, text)
        if isinstance(e, KeyboardInterrupt):
            raise
        return False
    finally:
        signal.alarm(0)
        # A daemon of the test's own that a failure left behind.
        for d in Daemon.started:
            if d is not _shared.get('daemon') and d.alive():
                d.kill()


def main(sandboxed=True):
    """Runs the suite. sandboxed: False for one whose tool makes namespaces of its own, and uses no daemon() here."""
    args = sys.argv[1:]
    if '--stock' in args:
        os.environ['VIREO_DAEMON'] = 'stock'
        if not os.path.exists(STOCK):
            sys.exit('no %s here (package libvirt-daemon-system)' % STOCK)
    words = [a for a in args if not a.startswith('-')]
    stock = os.environ.get('VIREO_DAEMON') == 'stock'
    chosen = [t for t in TESTS if (not words or any(w in t.__name__ for w in words))
              and not (stock and getattr(t, 'vireo_only', False))]
    reason = None
    if os.geteuid() != 0:
        reason = 'needs root, for mount, network and pid namespaces'
    elif not stock and not os.path.exists(os.path.join(BUILD, 'bin', 'libvirtd')):
        reason = 'no bin/libvirtd in %s yet' % BUILD
    if reason:
        for t in chosen:
            report(t.__name__, 'skip', 0, reason)
        sys.exit(0)
    if sandboxed:
        sandbox.enter()
    signal.signal(signal.SIGALRM, too_late)
    results = []
    for t in chosen:
        results.append(run_one(t))
        if not results[-1] and '--keep' in args:
            print('a shell inside the sandbox; logs are in %s' % sandbox.WORK)
            subprocess.run(['/bin/bash'])
    d = _shared.get('daemon')
    if d and d.alive():
        try:
            clean_up(d)
            if d.stop() != 0:
                raise Failed('the daemon ended with %s\n%s' % (d.process.returncode, d.log_tail()))
        except Exception as e:
            report('the_daemon_ends_cleanly', 'fail', 0, str(e))
            results.append(False)
    sys.exit(0 if all(results) else 1)
