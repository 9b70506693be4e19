#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client library and servers that lie, stop in the middle, or answer what nobody asked: a clean error each time, and one
close callback."""
import os
import random
import signal
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
import fake_server  # noqa: E402
import protocol  # noqa: E402
from client import OURS, python  # noqa: E402
from daemon import BUILD  # noqa: E402
from suite import Failed, Skip, equal, long, main, test, vireo_only  # noqa: E402

SWEEP = os.path.join(HERE, '..', 'lib', 'binding_sweep.py')
SERVER = '''
sys.path.insert(0, %r)
import fake_server, protocol, struct, random, socket
from protocol import packet, REPLY, MESSAGE, STREAM, HOLE, OK, ERROR, CONTINUE
URI = 'qemu+unix:///system?socket=/run/work/fake'
start_loop()
class Names(protocol.Minimal):
    """Three domains, a document of some length."""
    def count(self, limit): return 3
    def text(self, field): return b'a name of some length'
''' % os.path.join(HERE, '..', 'lib')

# A connection opened, a list, a text; how it ended, and how often the application was told.
TRY = '''
def attempt():
    """(what opening gave, what the calls gave, close callbacks)"""
    told = []
    try:
        c = libvirt.open(URI)
    except libvirt.libvirtError as e:
        return e, None, 0
    said = None
    try:
        c.registerCloseCallback(lambda conn, reason, data: told.append(reason), None)
        names = [d.name() for d in c.listAllDomains()]
        assert len(names) == 3 and len(c.getCapabilities()) > 10
    except libvirt.libvirtError as e:
        said = e
        until(lambda: told, 5)
        try:
            c.getHostname()
            raise SystemExit('a dead connection answers')
        except libvirt.libvirtError:
            pass
    c.close()
    time.sleep(0)
    return None, said, len(told)
'''


@test
@vireo_only
def a_connection_lost_after_any_byte_ends_in_an_error_and_one_callback():
    out = python(SERVER + TRY + '''
limit, sent = None, 0
def answer(call, serial, payload):
    global sent
    out = fake_server.session(call, serial) or fake_server.ok(call, serial, Names())
    if limit is not None and sent + len(out) > limit:
        part = out[:limit - sent]
        sent = limit
        return Cut(part)
    sent += len(out)
    return out
class Cut(bytes):
    pass
class Server(fake_server.FakeServer):
    def serve(self, c):
        def cutting(call, serial, payload):
            out = answer(call, serial, payload)
            if isinstance(out, Cut):
                c.sendall(out)
                return None
            return out
        self.answer = cutting
        super().serve(c)
server = Server('/run/work/fake', None)
assert attempt() == (None, None, 0), 'the whole'
total, results = sent, {}
for limit in range(total):
    sent = 0
    opened, said, told = attempt()
    error = opened or said
    # What is cut in the farewell is not missed.
    key = 'not opened' if opened else 'lost, told %d' % told if said else 'over'
    results[key] = results.get(key, 0) + 1
    if error and (not error.get_error_code() or not str(error)):
        print('no error at', limit, error)
    if said and told != 1 and results.get('registered', 1):
        if told or 'getCapabilities' in str(said):
            print('told', told, 'at', limit, said)
print(total > 300, sorted(results))
''')
    lines = out.splitlines()
    equal(len(lines), 1, out)
    if not lines[0].startswith("True ['lost, told 1'") or "'not opened'" not in lines[0]:
        raise Failed(out)


@test
@vireo_only
def what_is_not_an_answer_is_not_taken_for_one():
    """Each lie comes in place of the reply to one call; None: the connection may stay usable."""
    out = python(SERVER + TRY + '''
lie = None
def answer(call, serial, payload):
    if call.full_name == 'connect_list_all_domains' and lie:
        return lie(call, serial)
    return fake_server.session(call, serial) or fake_server.ok(call, serial, Names())
server = fake_server.FakeServer('/run/work/fake', answer)
P = lambda c: (c.program.number, c.number)
good = lambda c, s: fake_server.ok(c, s, Names())
def raw(*words): return struct.pack('>%dI' % len(words), *[w & 0xffffffff for w in words])
def with_payload(data): return lambda c, s: packet(*P(c), data, REPLY, s, OK)
def error_with(data): return lambda c, s: packet(*P(c), data, REPLY, s, ERROR)
lies = {
    'a length of nothing': lambda c, s: raw(0), 'a length below a header': lambda c, s: raw(27) + bytes(23),
    'a length of four bytes': lambda c, s: raw(4), 'the longest length': lambda c, s: raw(0xffffffff),
    'just too long': lambda c, s: raw(33554433 + 4), 'a negative length': lambda c, s: raw(-1),
    'somebody else_s serial': lambda c, s: fake_server.ok(c, s + 7, Names()),
    'another procedure': lambda c, s: packet(P(c)[0], 59, b'', REPLY, s, OK),
    'another program': lambda c, s: packet(0x20008087, P(c)[1], b'', REPLY, s, OK),
    'another version': lambda c, s: packet(*P(c), b'', REPLY, s, OK, version=2),
    'a call': lambda c, s: packet(*P(c), b'', 0, s, OK), 'a call with descriptors': lambda c, s: packet(*P(c), raw(0), 4, s, OK),
    'a type nobody knows': lambda c, s: packet(*P(c), b'', 99, s, OK),
    'descriptors that are not there': lambda c, s: packet(*P(c), raw(4711), 5, s, OK),
    'no payload': with_payload(b''), 'half a payload': lambda c, s: packet(*P(c), fake_server.ok(c, s, Names())[28:-9], REPLY, s, OK),
    'more payload than there is': lambda c, s: packet(*P(c), fake_server.ok(c, s, Names())[28:] + b'more', REPLY, s, OK),
    'a list of four billion': with_payload(raw(0xffffffff)), 'a list of all there may be': with_payload(raw(16384)),
    'a string of four billion': with_payload(raw(1, 0xffffffff)), 'a string with a NUL': with_payload(raw(1, 4) + b'a\\0bc' + bytes(20) + raw(1)),
    'padding that is not zero': with_payload(raw(1, 1) + b'abcd' + bytes(20) + raw(1)),
    'an error without content': error_with(b''), 'an error of garbage': error_with(b'\\xff' * 80),
    'an error without a message': error_with(struct.pack('>iiIiIIIIiiI', 1, 10, 0, 2, 0, 0, 0, 0, 0, 0, 0)),
    'an error with code 0': error_with(struct.pack('>iiIiIIIIiiI', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    'an error with odd numbers': error_with(struct.pack('>iiIiIIIIiiI', -5, 9999, 0, 77, 0, 0, 0, 0, 0, 0, 0)),
    'a status nobody knows': lambda c, s: packet(*P(c), b'', REPLY, s, 77),
    'to be continued': lambda c, s: packet(*P(c), b'', REPLY, s, CONTINUE),
    'the reply twice': lambda c, s: good(c, s) + good(c, s),
    'a stream first': lambda c, s: packet(*P(c), b'data', STREAM, s, CONTINUE) + good(c, s),
    'a hole first': lambda c, s: packet(*P(c), bytes(12), HOLE, s, CONTINUE) + good(c, s),
    'an event nobody asked for': lambda c, s: packet(0x20008086, 318, b'', MESSAGE, 1, OK) + good(c, s),
    'an event of garbage': lambda c, s: packet(0x20008086, 318, b'\\xff' * 99, MESSAGE, 1, OK) + good(c, s),
    'a message of a program nobody knows': lambda c, s: packet(77, 77, b'', MESSAGE, 1, OK) + good(c, s),
    'a thousand pings': lambda c, s: packet(0x6b656570, 1, b'', MESSAGE, 0, OK) * 1000 + good(c, s),
    'pongs nobody waits for': lambda c, s: packet(0x6b656570, 2, b'', MESSAGE, 0, OK) * 50 + good(c, s),
    'a keepalive nobody knows': lambda c, s: packet(0x6b656570, 7, b'', MESSAGE, 0, OK) + good(c, s),
    'noise': lambda c, s: random.Random(s).randbytes(5000),
}
for name, lie in lies.items():
    opened, said, told = attempt_without_end(name) if False else (None, None, None)
    try:
        c = libvirt.open(URI)
    except libvirt.libvirtError as e:
        print(name, 'not opened', e)
        continue
    reasons = []
    c.registerCloseCallback(lambda conn, reason, data: reasons.append(reason), None)
    result = []
    t = threading.Thread(target=lambda: result.append(call(c)), daemon=True)
    def call(c):
        try:
            return 'ok %d' % len(c.listAllDomains())
        except libvirt.libvirtError as e:
            return 'error %s' % (e.get_error_code() or 'NONE')
    lie_now = lie
    t.start()
    t.join(10)
    if not result:
        print(name, ': HANGS')
        os._exit(0)
    alive = c.isAlive()
    if not alive:
        until(lambda: reasons, 5)
    lie = None
    again = 'ok' if alive and len(c.listAllDomains()) == 3 else 'dead' if not alive else 'odd'
    print('%s: %s, then %s, told %d' % (name, result[0].split()[0], again, len(reasons)))
    c.close()
''')
    bad = [x for x in out.splitlines() if not x.endswith((': error, then ok, told 0', ': error, then dead, told 1', ': ok, then ok, told 0',
                                                           ': ok, then dead, told 1'))]
    equal(bad, [])
    said = dict(x.split(': ', 1) for x in out.splitlines())
    for name in ('a length of nothing', 'the longest length', "somebody else_s serial", 'noise', 'another procedure', 'a call'):
        equal(said[name], 'error, then dead, told 1', name)
    for name in ('a list of four billion', 'no payload', 'an error of garbage', 'an error without content', 'a string with a NUL'):
        equal(said[name], 'error, then ok, told 0', name)
    for name in ('a stream first', 'an event of garbage', 'a thousand pings'):
        equal(said[name], 'ok, then ok, told 0', name)


def random_server(seed, rate=0.7):
    """Answers every call with something that decodes, or with an error, or now and then with noise."""
    rng = random.Random(seed)

    def answer(call, serial, payload):
        out = fake_server.session(call, serial)
        if out:
            return out
        if call.full_name in ('node_get_info', 'node_get_cpu_map'):
            return fake_server.ok(call, serial)  # the binding makes lists of as many processors as it is told of
        lot = rng.random()
        try:
            if lot < rate:
                return fake_server.ok(call, serial, protocol.Random(rng))
        except (struct.error, IndexError):
            pass
        if lot < rate + 0.02:
            return protocol.packet(call.program.number, call.number, rng.randbytes(rng.choice((0, 4, 40))), protocol.REPLY, serial, 0)
        return fake_server.error(call, serial, 'no', rng.choice((1, 3, 42)))
    return fake_server.FakeServer('/run/work/fake', answer)


def run_sweep(env, seed, *how):
    p = subprocess.Popen([*how, '/usr/bin/python3', '-X', 'faulthandler', SWEEP, 'qemu+unix:///system?socket=/run/work/fake'],
                         env=dict(os.environ, **{**{'LD_LIBRARY_PATH': OURS, 'LC_ALL': 'C'}, **env}), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    try:
        out, err = p.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        p.send_signal(signal.SIGABRT)  # says where it hangs
        out, err = p.communicate()
    lines = [x for x in out.splitlines() if x.startswith('vir')]
    # A reply that the binding itself cannot take (names that are no text) ends the program in Python: that is not ours.
    if p.returncode not in (0, 1) or (p.returncode == 1 and 'Traceback' not in err) or len(lines) < 100:
        raise Failed('seed %d: exit code %d after %d calls\n%s\n%s' % (seed, p.returncode, len(lines), out[-1000:], err[-3000:]))
    return len(lines)


@test
@vireo_only
def random_replies_to_every_binding_method_do_no_harm():
    for seed in (1, 2, 3):
        server = random_server(seed)
        run_sweep({}, seed)
        server.close()


@test
@vireo_only
@long
def random_replies_under_a_memory_checker_do_no_harm():
    asan = os.path.join(os.path.dirname(BUILD), 'build-asan', 'lib')
    library = subprocess.run(['gcc', '-print-file-name=libasan.so'], stdout=subprocess.PIPE, text=True).stdout.strip()
    if not os.path.exists(asan + '/libvirt.so.0') or not os.path.exists(library):
        raise Skip('no sanitizer build beside this one')
    for seed in range(10, 40):
        server = random_server(seed)
        run_sweep({'LD_LIBRARY_PATH': asan, 'LD_PRELOAD': library, 'ASAN_OPTIONS': 'detect_leaks=0:allocator_may_return_null=1'}, seed)
        server.close()


main()
