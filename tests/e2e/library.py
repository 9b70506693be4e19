#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's libvirt-python on our library: the same answers as on libvirt's own, from whichever daemon."""
import difflib
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from client import OURS, PRELUDE, python  # noqa: E402
from daemon import BUILD, Daemon  # noqa: E402
from suite import Failed, clean_up, daemon, domain_xml, equal, has, main, test, write  # noqa: E402

LIB = os.path.join(HERE, '..', 'lib')


def public_functions():
    """Names of the functions that begin with an object."""
    names = []
    for path in sorted(glob.glob(os.path.join(HERE, '..', '..', 'api', 'public', '*.api'))):
        if os.path.basename(path) == 'vireo.api': # ours alone: there is nothing to compare with
            continue
        with open(path) as f:
            names += re.findall(r'^function \S+ [^(]*?(vir\w+)\(vir(?:Connect|Domain|Network|StoragePool|StorageVol|NodeDevice|'
                                r'Secret|NWFilter|Interface|Stream)\w*Ptr \w', f.read(), re.M)
    return [n for n in names if not n.startswith(('virConnGet', 'virConnReset', 'virConnCopy', 'virConnSet'))]


def without_times(text):
    """What changes from one run to the next by itself."""
    text = re.sub(r"id='\d+'", "id='N'", text)
    text = re.sub(r'^ID: \d+', 'ID: N', text, flags=re.M)
    return re.sub(r"52:54:00:\w\w:\w\w:\w\w", 'MAC', text)


def same(ours, theirs, what):
    lines = [x for x in difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "libvirt's", 'ours', lineterm='', n=0)]
    if lines:
        raise Failed('%s differ:\n%s' % (what, '\n'.join(x[:300] for x in lines[:40])))


@test
def every_binding_call_answers_as_on_libvirts_own_library():
    d = daemon()
    for mode in ([], ['ro']):
        answers = [without_times(python(os.path.join(LIB, 'library_probe.py'), d.uri(bool(mode)), *mode, ours=o))
                   for o in (True, False)]
        if len(answers[0].splitlines()) < 50:
            raise Failed('only %d answers' % len(answers[0].splitlines()))
        same(*answers, 'answers')


@test
def calls_without_an_object_fail_as_on_libvirts_own_library():
    names = public_functions()
    ours, theirs = (python(os.path.join(LIB, 'library_nulls.py'), *names, ours=o).splitlines() for o in (True, False))
    if len(ours) < 400:
        raise Failed('only %d functions' % len(ours))
    # Those where the other library crashes, or which it does not have, cannot be compared.
    known = {x.split(':')[0]: x for x in theirs if not x.endswith('crash')}
    if any(x.endswith('crash') for x in ours):
        raise Failed('crashes: %s' % [x for x in ours if x.endswith('crash')])
    same('\n'.join(x for x in ours if x.split(':')[0] in known), '\n'.join(known.values()), 'errors')


@test
def events_reach_every_callback_in_order_and_stop_after_deregistering():
    d = daemon()
    out = python('''
start_loop()
c = libvirt.open(sys.argv[1])
seen = []
def note(conn, dom, event, detail, who):
    seen.append((who, dom.name(), event))
first = c.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, note, 'first')
dom = c.defineXML(open(sys.argv[2]).read())
only = c.domainEventRegisterAny(dom, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, note, 'only')
dom.create()
dom.suspend()
dom.resume()
dom.destroy()
other = c.defineXML(open(sys.argv[2]).read().replace('>ev<', '>other<'))
other.undefine()
assert until(lambda: ('first', 'other', 1) in seen), seen
c.domainEventDeregisterAny(first)
dom.undefine()
assert until(lambda: ('only', 'ev', 1) in seen), seen
c.domainEventDeregisterAny(only)
print([e for w, n, e in seen if w == 'first' and n == 'ev' and e != 6])
print([e for w, n, e in seen if w == 'only' and e != 6])
print(sum(1 for w, n, e in seen if w == 'only' and n != 'ev'), c.close())
''', d.uri(), write('ev.xml', domain_xml('ev')))
    lines = out.splitlines()
    # defined, started (and running), suspended, resumed, stopped; the filter hears only its guest, and its undefinition
    has(lines[0], '[0, ')
    has(lines[0], ' 2, ')
    has(lines[0], '3, 4, 5]')
    has(lines[1], '3, 4, 5, 1]')
    equal(lines[2], '0 1')  # the domains still hold the connection


@test
def many_threads_share_one_connection():
    d = daemon()
    out = python('''
c = libvirt.open(sys.argv[1])
host, caps = c.getHostname(), c.getCapabilities()
wrong = []
def work(n):
    for i in range(200):
        if (c.getHostname() != host) if (i + n) % 2 else (c.getCapabilities() != caps):
            wrong.append(i)
        try:
            c.lookupByName('nobody%d' % n)
        except libvirt.libvirtError as e:
            if "'nobody%d'" % n not in str(e):
                wrong.append(str(e))
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join(60)
print(wrong, any(t.is_alive() for t in threads), c.close())
''', d.uri())
    equal(out.strip(), '[] False 0')


@test
def a_lost_daemon_ends_calls_with_an_error_and_calls_back_once():
    d = Daemon()
    daemon().stop()
    d.start()
    out = python('''
start_loop()
c = libvirt.open(sys.argv[1])
reasons = []
c.registerCloseCallback(lambda conn, reason, data: reasons.append(reason), None)
errors = []
def work():
    try:
        while True:
            c.getHostname()
    except libvirt.libvirtError as e:
        errors.append(e.get_error_code())
threads = [threading.Thread(target=work) for n in range(4)]
for t in threads: t.start()
time.sleep(0.2)
os.kill(int(sys.argv[2]), 9)
for t in threads: t.join(20)
until(lambda: reasons)
print(len(errors), set(errors) <= {1, 38}, len(reasons), c.isAlive())
try:
    c.getHostname()
except libvirt.libvirtError as e:
    print(e)
print(c.close())
''', d.uri(), str(d.pid))
    equal(out.splitlines(), ['4 True 1 0', 'internal error: client socket is closed', '0'])
    d.kill()


@test
def a_console_carries_bytes_both_ways_and_says_when_it_ended():
    d = daemon()
    out = python('''
c = libvirt.open(sys.argv[1])
dom = c.createXML(open(sys.argv[2]).read(), 0)
st = c.newStream(0)
dom.openConsole(None, st, 0)
got = b''
end = time.monotonic() + 60
while b'# ' not in got and time.monotonic() < end:
    got += st.recv(4096)
st.send(b'echo $((6 * 7))\\n')
while b'42' not in got and time.monotonic() < end:
    got += st.recv(4096)
print(b'42' in got)
st.abort()
for call in (lambda: st.recv(5), lambda: c.newStream(0).recv(5)):
    try:
        call()
    except libvirt.libvirtError as e:
        print(e.get_error_code(), e)
quiet = c.newStream(libvirt.VIR_STREAM_NONBLOCK)
dom.openConsole(None, quiet, libvirt.VIR_DOMAIN_CONSOLE_FORCE)
until(lambda: quiet.recv(4096) == -2)
print(quiet.recv(10))
dom.destroy()
print(until(lambda: quiet.recv(4096) == b''))

print(dom.ID())
''', d.uri(), write('con.xml', domain_xml('con', boot=True)))
    equal(out.splitlines(), ['True', '9 operation failed: stream is closed',
                             '3 this function is not supported by the connection driver: virStreamRecv', '-2', 'True', '-1'])


@test
def a_connection_by_tcp_is_like_one_by_unix_but_not_secure():
    daemon().stop()
    d = Daemon(args=['--listen'], libvirtd={'listen_tls': 0, 'listen_tcp': 1, 'auth_tcp': 'none', 'tcp_port': '16599'})
    with d:
        out = python('''
u = libvirt.open(sys.argv[1])
for host in ('127.0.0.1', 'localhost', '[::1]'):
    c = libvirt.open('qemu+tcp://%s:16599/system' % host)
    print(c.getURI(), c.isSecure(), c.isEncrypted(), c.getHostname() == u.getHostname(), c.close())
print(u.isSecure())
''', d.uri())
        equal(out.splitlines(), ['qemu+tcp://%s:16599/system 0 0 True 0' % h for h in ('127.0.0.1', 'localhost', '[::1]')] + ['1'])


@test
def a_uri_may_come_from_the_environment_or_be_an_alias_of_the_configuration():
    d = daemon()
    with open('/etc/libvirt/libvirt.conf', 'w') as f:
        f.write('# ours\nuri_aliases = [\n  "here=%s",\n  "there=qemu+tcp://127.0.0.1:1/system",\n]\n'
                'other = 5\nuri_default = "here"\n' % d.uri())
    try:
        for ours in (True, False):
            out = python('''
c = libvirt.open('here')
print(c.getURI(), c.close())
print(libvirt.open(None).getURI())
os.environ['LIBVIRT_DEFAULT_URI'] = 'there'
try:
    libvirt.open(None)
except libvirt.libvirtError as e:
    print(e)
''', ours=ours)
            equal(out.splitlines(), [d.uri() + ' 0', d.uri(), "unable to connect to server at '127.0.0.1:1': Connection refused"],
                  'ours' if ours else "libvirt's")
    finally:
        os.unlink('/etc/libvirt/libvirt.conf')


@test
def keepalive_ends_calls_to_a_daemon_that_went_silent():
    daemon().stop()
    d = Daemon()
    d.start()
    out = python('''
start_loop()
c = libvirt.open(sys.argv[1])
reasons = []
c.registerCloseCallback(lambda conn, reason, data: reasons.append(reason), None)
print(c.setKeepAlive(1, 2))
c.getHostname()
os.kill(int(sys.argv[2]), 19)
began = time.monotonic()
try:
    c.getHostname()
except libvirt.libvirtError as e:
    print(e)
print(2 <= time.monotonic() - began < 8, until(lambda: reasons) and reasons, c.isAlive())
''', d.uri(), str(d.pid))
    d.kill()
    equal(out.splitlines(), ['0', 'internal error: connection closed due to keepalive timeout', 'True [2] 0'])


@test
def a_session_daemon_is_started_when_none_answers():
    run, home = '/run/user/65534', '/run/home'
    for path in (run, home):
        os.makedirs(path, exist_ok=True)
        os.chown(path, 65534, 65534)
    # The build may be where nobody else can read, below /root for example.
    lib, programs = '/run/home/lib', '/run/home/bin'
    for path, names in ((lib, glob.glob(OURS + '/*.so*')), (programs, glob.glob(os.path.join(BUILD, 'bin', '*')))):
        os.makedirs(path, exist_ok=True)
        for name in names:
            if os.path.isfile(name):
                shutil.copy(name, path)
    env = {'PATH': os.environ['PATH'], 'XDG_RUNTIME_DIR': run, 'HOME': home, 'LD_LIBRARY_PATH': lib, 'LC_ALL': 'C'}

    def as_nobody(**more):
        p = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/python3', '-c', PRELUDE + '''
try:
    c = libvirt.open('qemu:///session')
    print(c.getURI(), c.close())
except libvirt.libvirtError as e:
    print(e)
'''], env=dict(env, **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return p.stdout.strip()
    equal(as_nobody(LIBVIRTD_PATH='/bin/false'), "internal error: the session daemon '/bin/false' ended with exit code 1")
    has(as_nobody(LIBVIRT_AUTOSTART='0'),
        "Failed to connect socket to '%s/libvirt/libvirt-sock': No such file or directory" % run)
    equal(as_nobody(LIBVIRTD_PATH=os.path.join(programs, 'libvirtd')), 'qemu:///session 0')
    equal(as_nobody(LIBVIRTD_PATH='/bin/false'), 'qemu:///session 0')  # the one that runs


@test
def logging_by_the_environment_has_libvirts_form():
    program = '''
import libvirt
try:
    libvirt.open('qemu+tcp://127.0.0.1:1/system')
except libvirt.libvirtError as e:
    pass
c = libvirt.open('test:///default')
d = c.lookupByName('test')
d.info()
try:
    c.lookupByName('nobody')
except libvirt.libvirtError:
    pass
'''
    def said(ours, **env):
        env.update(LC_ALL='C', PATH=os.environ['PATH'], **({'LD_LIBRARY_PATH': OURS} if ours else {}))
        p = subprocess.run(['/usr/bin/python3', '-c', program], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return p.stdout.splitlines()

    def calls(lines):
        """Level, function and text of the lines of public calls, without what differs from run to run."""
        found = []
        for line in lines:
            m = re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000: \d+: (\w+) : (virDomainLookupByName|virDomainGetInfo|'
                         r'virDomainFree|virConnectClose):\d+ : (.*)$', line)
            if m:
                found.append((m[1], m[2], re.sub(r'0x[0-9a-f]+', 'P', m[3]).split(', name=test')[0].split(', name=nob')[0].split(', info')[0]))
        return found
    ours, theirs = (said(o, LIBVIRT_DEBUG='1') for o in (True, False))
    equal(calls(ours), calls(theirs))
    equal(len(calls(ours)), 5)
    for line in (0, 1):
        equal(*(re.sub(r'.*?(: info : [a-z ]+).*', r'\1', x[line]) for x in (ours, theirs)))
    for env in ({}, {'LIBVIRT_DEBUG': ''}, {'LIBVIRT_DEBUG': 'warning'}, {'LIBVIRT_DEBUG': '4'}):
        equal(said(True, **env), said(False, **env), str(env))
    for env in ({'LIBVIRT_DEBUG': '5'}, {'LIBVIRT_DEBUG': 'odd'}, {'LIBVIRT_LOG_FILTERS': 'x'}, {'LIBVIRT_LOG_FILTERS': '9:x'},
                {'LIBVIRT_LOG_OUTPUTS': 'foo'}, {'LIBVIRT_LOG_OUTPUTS': '1:bar'}, {'LIBVIRT_LOG_OUTPUTS': '1:file:/nowhere/x'}):
        equal(said(True, **env)[0], said(False, **env)[0], str(env))
    for ours in (True, False):
        where = '/run/work/log%d' % ours
        said(ours, LIBVIRT_LOG_OUTPUTS='3:file:' + where)
        with open(where) as f:
            errors = [x.split(' : ')[2] for x in f.read().splitlines() if ': error : ' in x]
        equal(errors, ["unable to connect to server at '127.0.0.1:1': Connection refused", 'Domain not found'])


@test
def uris_that_cannot_be_opened_say_why():
    out = python('''
for uri in ('nonsense', ':', 'qemu+foo:///system', 'qemu+unix://host/system', 'qemu+unix:///system?socket=/nowhere',
            'qemu+unix:///system?mode=odd', 'qemu+tcp://127.0.0.1:1/system', 'qemu+libssh2://host/system', 'esx:///x'):
    try:
        libvirt.open(uri)
    except libvirt.libvirtError as e:
        print(e)
''')
    equal(out.splitlines(), [
        "no connection driver available for URI 'nonsense' does not include a driver name",
        'internal error: Unable to parse URI :',
        'invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)',
        "invalid argument: using unix socket and remote server 'host' is not supported.",
        "Failed to connect socket to '/nowhere': No such file or directory",
        "invalid argument: Unknown remote mode 'odd'",
        "unable to connect to server at '127.0.0.1:1': Connection refused",
        'libssh2 transport support was not enabled: Function not implemented',
        "unsupported configuration: the driver 'esx' runs inside the library and is not built into this one; esx+unix:/// asks a "
        'daemon for it'])
    clean_up(daemon())


main()
