#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon with stub drivers, from outside: raw packets, stock virsh, stock libvirt-python.

usage: daemon_test.py LIBVIRTD-STUB [TEST...]; runs below a temporary root, touches nothing else.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from wire import (  # noqa: E402
    CALL_FDS, CONTINUE, ERROR, HOLE, KEEPALIVE, MESSAGE, OK, PROCEDURES, REPLY, REPLY_FDS, STREAM, Client, Reader, domain,
    i32, optional, string, u32, u64)

PROGRAM = None
UUID = bytes.fromhex('112233445566778899aabbccddeeff01')
STUB = domain('stub', UUID, 1)


def sanitized():
    """Sanitizers take memory of their own."""
    with open(PROGRAM, 'rb') as f:
        return b'__asan_init' in f.read()


class Daemon:
    def __init__(self, conf='', args=(), env=None):
        self.root = tempfile.mkdtemp(prefix='vireo-daemon-')
        os.makedirs(self.root + '/etc/libvirt')
        with open(self.root + '/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write(conf)
        self.run = self.root + '/run/libvirt'
        self.rw, self.ro = self.run + '/libvirt-sock', self.run + '/libvirt-sock-ro'
        self.env = {k: v for k, v in os.environ.items() if not k.startswith('LIBVIRT_')}
        self.env.update(VIREO_ROOT=self.root, LIBVIRT_LOG_OUTPUTS='1:stderr', **(env or {}))
        self.log_path = self.root + '/log'
        self.start(args)

    def start(self, args=()):
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([PROGRAM, *args], env=self.env, stdin=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                Client(self.rw).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        raise AssertionError('the daemon does not answer: ' + self.log())

    def log(self):
        with open(self.log_path, errors='replace') as f:
            return f.read()

    def open(self, path=None, **kwargs):
        client = Client(path or self.rw)
        reply = client.open(**kwargs)
        assert reply.status == OK, reply
        return client

    def status(self, field):
        with open(f'/proc/{self.process.pid}/status') as f:
            return int(re.search(rf'^{field}:\s+(\d+)', f.read(), re.M).group(1))

    def private_kib(self):
        with open(f'/proc/{self.process.pid}/smaps_rollup') as f:
            text = f.read()
        return sum(int(n) for n in re.findall(r'^Private_\w+:\s+(\d+)', text, re.M))

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.process.wait(30)

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


class Base(unittest.TestCase):
    conf = ''
    args = ()

    def setUp(self):
        self.daemon = Daemon(self.conf, self.args)
        self.addCleanup(self.finish)

    def finish(self):
        alive = self.daemon.process.poll() is None
        status = self.daemon.stop()
        log = self.daemon.log()
        self.daemon.remove()
        if alive:
            self.assertEqual(status, 0, log[-3000:])
        for word in ('AddressSanitizer', 'LeakSanitizer', 'runtime error', 'this is a bug'):
            self.assertNotIn(word, log, log[-6000:])

    def fails(self, reply, code, text=None, dom=None):
        self.assertEqual(reply.status, ERROR, reply)
        error = reply.error()
        self.assertEqual(error['code'], code, error)
        if text is not None:
            self.assertEqual(error['message'], text)
        if dom is not None:
            self.assertEqual(error['domain'], dom, error)
        return error

    def works(self, reply):
        self.assertIsNotNone(reply, 'the connection was closed: ' + self.daemon.log()[-2000:])
        self.assertEqual(reply.status, OK, reply)
        return Reader(reply.payload)

    def counter(self, name):
        client = self.daemon.open()
        value = self.works(client.do('connect_get_max_vcpus', optional(string(name)))).i32()
        client.close()
        return value

    def until(self, what, condition, seconds=15):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        self.fail('did not happen: ' + what)


class Session(Base):
    def test_calls_before_open_say_so(self):
        client = Client(self.daemon.rw)
        self.fails(client.do('connect_get_type'), 1, 'internal error: hypervisor connection not open', 7)
        self.fails(client.do('connect_list_all_networks', i32(1) + u32(0)), 1, 'internal error: connection not open', 7)
        self.assertEqual(self.works(client.do('auth_list')).rest(), u32(1) + u32(0))

    def test_features(self):
        client = Client(self.daemon.rw)
        self.fails(client.do('connect_supports_feature', i32(8)), 1, 'internal error: hypervisor connection not open')
        self.assertEqual(self.works(client.do('connect_supports_feature', i32(10))).i32(), 1)
        client.open()
        answers = {n: self.works(client.do('connect_supports_feature', i32(n))).i32() for n in range(18)}
        self.assertEqual([n for n in answers if answers[n]], [3, 8, 9, 10, 14, 15, 16])

    def test_open_refuses_what_nobody_drives(self):
        client = Client(self.daemon.rw)
        self.fails(client.open('bogus:///x'), 5, 'no connection driver available for bogus:///x', 0)
        self.fails(client.open('qemu:///bogus'), 1,
                   "internal error: unexpected qemu URI path '/bogus', try qemu:///system", 0)
        self.fails(client.open('not a uri'), 1, 'internal error: Unable to parse URI not a uri', 45)
        self.fails(client.open('qemu://host/system'), 5)
        self.works(client.open('qemu:///system?x=y'))
        self.assertEqual(self.works(client.do('connect_get_uri')).string(), 'qemu:///system?x=y')
        self.fails(client.open(), 1, 'internal error: connection already open', 7)
        for text, shown in (('qemu:/system', 'qemu:///system'), ('qemu:///%73ystem', 'qemu:///system'),
                            ('qemu:///system#x', 'qemu:///system#x')):
            self.assertEqual(self.works(self.daemon.open(uri=text).do('connect_get_uri')).string(), shown)

    def test_an_empty_uri_gets_the_first_driver(self):
        client = self.daemon.open(uri='', flags=0xfffffff0)
        self.assertEqual(self.works(client.do('connect_get_uri')).string(), 'qemu:///system')
        self.assertEqual(self.works(client.do('connect_get_type')).string(), 'QEMU')
        self.assertEqual(self.works(client.do('connect_get_lib_version')).u64(), 9000000)
        self.assertTrue(self.works(client.do('connect_get_hostname')).string().startswith(os.uname().nodename))

    def test_close_answers_and_then_closes(self):
        client = self.daemon.open()
        self.works(client.do('connect_close'))
        self.assertIsNone(client.recv())

    def test_both_ways_of_read_only(self):
        for client in (self.daemon.open(self.daemon.ro), self.daemon.open(flags=1)):
            self.fails(client.do('domain_destroy', STUB), 29,
                       'operation forbidden: read only access prevents virDomainDestroy', 20)
            self.fails(client.do('domain_get_xml_desc', STUB + u32(1)), 29,
                       'operation forbidden: virDomainGetXMLDesc with secure flag', 20)
            self.works(client.do('connect_list_all_domains', i32(1) + u32(0)))

    def test_programs_procedures_and_status(self):
        client = self.daemon.open()
        self.fails(client.call(9999), 39, 'unknown procedure: 9999', 7)
        self.fails(client.call(0), 39, 'unknown procedure: 0', 7)
        self.fails(client.call(107), 39, 'unknown procedure: 107', 7)
        self.fails(client.call(1, prog=0x1234), 39, 'Cannot find program 4660 version 1', 7)
        self.fails(client.call(1, vers=2), 39, 'Cannot find program 536903814 version 2', 7)
        self.fails(client.call(3, status=1), 39, 'Unexpected message status 1', 7)
        error = self.fails(client.do('domain_lookup_by_name', b'\0\0'), 39)
        self.assertTrue(error['message'].startswith('Unable to decode message payload'))

    def test_no_row_is_no_support(self):
        client = self.daemon.open()
        sentence = 'this function is not supported by the connection driver: '
        self.fails(client.do('domain_shutdown', STUB), 3, sentence + 'virDomainShutdown', 20)
        self.fails(client.do('connect_list_all_networks', i32(1) + u32(0)), 3, sentence + 'virConnectListAllNetworks', 19)
        self.fails(client.do('connect_network_event_register_any', i32(0) + u32(0)), 3)

    def test_strange_flags_have_their_own_text(self):
        client = self.daemon.open()
        error = self.fails(client.do('connect_list_all_domains', i32(1) + u32(0x80000000)), 8,
                           'unsupported flags (0x80000000) in function qemuConnectListAllDomains', 10)
        self.assertEqual((error['str1'], error['str2'], error['int1']), ('qemuConnectListAllDomains', 'flags', 0))

    def test_authentication_is_not_offered(self):
        client = self.daemon.open()
        for name, payload in (('auth_sasl_init', b''), ('auth_polkit', b''),
                              ('auth_sasl_start', string('PLAIN') + i32(1) + u32(0))):
            self.fails(client.do(name, payload), 45, 'authentication failed: authentication failed', 7)

    def test_stray_packets_are_ignored(self):
        client = self.daemon.open()
        client.send(3, kind=REPLY)
        client.send(3, kind=STREAM, status=CONTINUE, payload=b'abc')
        client.send(3, kind=MESSAGE)
        client.send(3, kind=HOLE, status=CONTINUE, payload=b'\0' * 12)
        client.send(7, prog=KEEPALIVE, kind=MESSAGE)
        self.works(client.do('connect_get_type'))

    def test_framing_errors_close_the_connection(self):
        for raw in (b'\0\0\0\3', b'\0\0\0\x10' + b'\0' * 12, b'\x7f\0\0\x10' + b'\0' * 24):
            client = Client(self.daemon.rw)
            client.sock.sendall(raw)
            self.assertIsNone(client.recv())
        self.works(self.daemon.open().do('connect_get_type'))


class Load(Base):
    def test_a_pipelining_client_gets_all_answers(self):
        client = self.daemon.open()
        prog, proc = PROCEDURES['connect_get_lib_version']
        serials = []

        def send():
            for _ in range(10000):
                serials.append(client.send(proc, prog=prog))
        sender = threading.Thread(target=send)
        sender.start()
        seen = set()
        while len(seen) < 10000:
            reply = client.recv()
            self.works(reply)
            seen.add(reply.serial)
        sender.join()
        self.assertEqual(seen, set(serials))

    def test_calls_beyond_the_limit_wait_and_others_do_not(self):
        busy, other = self.daemon.open(), self.daemon.open()
        for _ in range(20):
            busy.start('domain_get_job_info', STUB)
        last = busy.start('connect_get_type')
        self.works(other.do('connect_get_type'))
        busy.sock.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            busy.reply(last)
        busy.close()
        self.until('the calls of a client that left are cancelled', lambda: self.counter('cancelled') == 5)

    def test_many_clients(self):
        clients = [self.daemon.open() for _ in range(300)]
        for client in clients:
            client.start('connect_get_type')
        for client in clients:
            self.works(client.recv())
        before = self.daemon.descriptors()
        for client in clients:
            client.close()
        self.until('descriptors are given back', lambda: self.daemon.descriptors() <= before - 300)

    def test_who_does_not_read_its_events_is_let_go(self):
        lazy, other = self.daemon.open(), self.daemon.open()
        self.works(lazy.do('connect_domain_event_callback_register_any', i32(0) + u32(0)))
        serial = other.start('domain_reset', STUB + u32(0))
        self.works(other.reply(serial))
        self.assertIn('does not read its events', self.daemon.log())
        self.assertLess(self.daemon.private_kib(), 60000)

    def test_a_silent_client_keeps_nothing_but_itself(self):
        partial = [Client(self.daemon.rw) for _ in range(200)]
        for client in partial:
            client.sock.sendall(b'\0\1')
        self.works(self.daemon.open().do('connect_get_type'))

    def test_announced_size_is_not_taken_as_memory(self):
        before = self.daemon.private_kib()
        clients = [self.daemon.open() for _ in range(20)]
        for client in clients:
            client.sock.sendall(client.packet(1, b'x' * 100)[:100].replace(b'\0\0\0\x80', b'\x01\xff\xff\xff', 1))
        time.sleep(0.3)
        self.assertLess(self.daemon.private_kib() - before, 8000)

    def test_a_big_reply_and_a_slow_reader(self):
        client = self.daemon.open()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(5):
            client.start('domain_lookup_by_name', string('n' * 1000000))
        time.sleep(0.3)
        other = self.daemon.open()
        self.works(other.do('connect_get_type'))
        for _ in range(5):
            self.fails(client.recv(), 42)

    def test_a_crowd_is_served_and_leaves_nothing_behind(self):
        self.daemon.open().close()
        before = self.daemon.private_kib()
        crowd = [self.daemon.open() for _ in range(800)]
        half_open = [Client(self.daemon.rw) for _ in range(100)]
        for client in crowd:
            for _ in range(5):
                client.start('domain_get_job_info', STUB)
        other, slowest = self.daemon.open(), 0
        for _ in range(50):
            started = time.monotonic()
            self.works(other.do('connect_get_version'))
            slowest = max(slowest, time.monotonic() - started)
        self.assertLess(slowest, 1)
        full = self.daemon.private_kib()
        for client in crowd + half_open:
            client.close()
        self.until('descriptors are given back', lambda: self.daemon.descriptors() < 30)
        if not sanitized():
            self.until('memory is given back', lambda: self.daemon.private_kib() < before + (full - before) / 4)

    def test_idle_memory_and_calls_are_cheap(self):
        if sanitized():
            self.skipTest('a sanitizer takes its own memory')
        clients = [self.daemon.open() for _ in range(200)]
        base = self.daemon.private_kib()
        more = [self.daemon.open() for _ in range(400)]
        each = (self.daemon.private_kib() - base) / 400
        print(f'idle: {base} KiB with 200 clients, {each:.1f} KiB per connection', file=sys.stderr)
        self.assertLess(each, 16)
        self.assertLess(base, 12000)
        for client in clients + more:
            client.close()


class FewClients(Base):
    conf = 'max_clients = 2\nmax_client_requests = 1\n'

    def test_the_next_client_waits_until_one_leaves(self):
        first, second = self.daemon.open(), self.daemon.open()
        third = Client(self.daemon.rw, timeout=1)
        with self.assertRaises(TimeoutError):
            third.open()
        second.close()
        third.sock.settimeout(20)
        self.works(third.recv())
        self.works(first.do('connect_get_type'))

    def test_answers_come_in_order_when_one_call_is_allowed(self):
        client = self.daemon.open()
        slow = client.start('domain_suspend', STUB)
        quick = client.start('connect_get_type')
        self.assertEqual([client.recv().serial, client.recv().serial], [slow, quick])

    def test_with_more_allowed_a_quick_call_overtakes(self):
        self.daemon.stop()
        with open(self.daemon.root + '/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write('max_client_requests = 2\n')
        self.daemon.start()
        client = self.daemon.open()
        slow = client.start('domain_suspend', STUB)
        quick = client.start('connect_get_type')
        self.assertEqual([client.recv().serial, client.recv().serial], [quick, slow])


class Ends(Base):
    def test_a_change_runs_to_its_end_without_its_client(self):
        client = self.daemon.open()
        client.start('domain_suspend', STUB)
        time.sleep(0.05)
        client.close()
        self.until('the change ended', lambda: self.counter('changed') == 1)

    def test_close_hooks_run_once(self):
        client = self.daemon.open()
        self.works(client.do('domain_resume', STUB))
        self.assertEqual(self.counter('closed'), 0)
        client.close()
        self.until('the hook ran', lambda: self.counter('closed') == 1)

    def test_a_change_under_way_ends_before_the_daemon(self):
        client = self.daemon.open()
        client.start('domain_suspend', STUB)
        time.sleep(0.05)
        started = time.monotonic()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertLess(time.monotonic() - started, 10)
        self.assertFalse(os.path.exists(self.daemon.rw))
        self.assertFalse(os.path.exists(self.daemon.root + '/run/libvirtd.pid'))


class Keepalive(Base):
    conf = 'keepalive_interval = 1\nkeepalive_count = 1\n'

    def test_pings_are_answered_both_ways(self):
        client = self.daemon.open()
        client.send(1, prog=KEEPALIVE, kind=MESSAGE, serial=0)
        pong = client.recv()
        self.assertEqual((pong.prog, pong.proc, pong.type), (KEEPALIVE, 2, MESSAGE))
        self.works(client.do('connect_supports_feature', i32(10)))
        for _ in range(3):
            ping = client.recv()
            self.assertEqual((ping.prog, ping.proc, ping.type), (KEEPALIVE, 1, MESSAGE))
            client.send(2, prog=KEEPALIVE, kind=MESSAGE, serial=0)
        started = time.monotonic()
        while client.recv():
            pass
        self.assertLess(time.monotonic() - started, 6)

    def test_a_client_that_never_asked_is_not_pinged(self):
        client = self.daemon.open()
        client.sock.settimeout(3)
        with self.assertRaises(TimeoutError):
            client.recv()


class Events(Base):
    def test_modern_and_legacy_forms(self):
        modern, legacy, maker = self.daemon.open(), self.daemon.open(), self.daemon.open()
        ident = self.works(modern.do('connect_domain_event_callback_register_any', i32(0) + u32(0))).i32()
        self.fails(modern.do('connect_domain_event_callback_register_any', i32(0) + u32(0)), 8,
                   'invalid argument: event callback already tracked', 0)
        self.works(legacy.do('connect_domain_event_register'))
        self.works(maker.do('domain_create', STUB))
        for what in (2, 5):
            got = modern.recv()
            self.assertEqual((got.proc, got.type, got.serial), (318, MESSAGE, 1))
            self.assertEqual(got.payload, i32(ident) + STUB + i32(what) + i32(0))
            got = legacy.recv()
            self.assertEqual((got.proc, got.payload), (107, STUB + i32(what) + i32(0)))
        self.works(modern.do('connect_domain_event_callback_deregister_any', i32(ident)))
        self.fails(modern.do('connect_domain_event_callback_deregister_any', i32(ident)), 1,
                   f'internal error: domain event callback {ident} not registered', 7)
        self.works(maker.do('domain_create', STUB))
        self.works(modern.do('connect_get_type'))
        self.assertEqual(modern.events, [])

    def test_filters(self):
        client, maker = self.daemon.open(), self.daemon.open()
        self.works(client.do('connect_domain_event_callback_register_any', i32(0) + optional(domain())))
        mine = self.works(client.do('connect_domain_event_callback_register_any', i32(0) + optional(STUB))).i32()
        self.works(maker.do('domain_create', STUB))
        self.assertEqual([client.recv().payload[:4] for _ in range(2)], [i32(mine)] * 2)
        self.works(client.do('connect_get_type'))
        self.assertEqual(client.events, [])

    def test_monitor_events_by_name_and_pattern(self):
        client, maker = self.daemon.open(), self.daemon.open()
        name = 'qemu_connect_domain_monitor_event_register'
        a = self.works(client.do(name, optional(None) + optional(string('STOP')) + u32(0))).i32()
        b = self.works(client.do(name, optional(None) + optional(string('^res')) + u32(3))).i32()
        self.fails(client.do(name, optional(None) + optional(string('(')) + u32(1)), 8)
        self.fails(client.do(name, optional(None) + optional(None) + u32(8)), 8,
                   'unsupported flags (0x8) in function virDomainQemuMonitorEventStateRegisterID', 0)
        self.works(maker.do('domain_create', STUB))
        self.assertEqual([client.recv().payload[:4] for _ in range(2)], [i32(b), i32(a)])

    def test_wrong_ids(self):
        client = self.daemon.open()
        for ident in (99, -1):
            self.fails(client.do('connect_domain_event_callback_register_any', i32(ident) + u32(0)), 1,
                       f'internal error: unsupported event ID {ident}', 7)
        self.fails(client.do('connect_domain_event_register_any', i32(16)), 1, 'internal error: unsupported event ID 16')
        self.fails(client.do('connect_domain_event_deregister_any', i32(3)), 1, 'internal error: domain event 3 not registered')
        for _ in range(2):
            self.works(client.do('connect_register_close_callback'))
        self.works(client.do('connect_unregister_close_callback'))


class Streams(Base):
    def console(self, client):
        prog, proc = PROCEDURES['domain_open_console']
        serial = client.send(proc, STUB + optional(None) + u32(0), prog=prog)
        self.works(client.reply(serial))
        return dict(proc=proc, serial=serial, kind=STREAM)

    def test_a_console_goes_both_ways_until_finished(self):
        client = self.daemon.open()
        s = self.console(client)
        for text in (b'hello', b'odd', b'x' * 30000):
            client.send(payload=text, status=CONTINUE, **s)
            back = b''
            while len(back) < len(text):
                packet = client.recv()
                self.assertEqual((packet.type, packet.status, packet.serial), (STREAM, CONTINUE, s['serial']))
                back += packet.payload
            self.assertEqual(back, text)
        client.send(status=OK, **s)
        end = client.recv()
        self.assertEqual((end.type, end.status, end.payload), (STREAM, OK, b''))
        client.send(payload=b'late', status=CONTINUE, **s)
        self.works(client.do('connect_get_type'))
        self.until('the driver was told', lambda: self.counter('streams') == 1)

    def test_abort_is_confirmed(self):
        client = self.daemon.open()
        s = self.console(client)
        client.send(status=ERROR, **s)
        end = client.recv()
        self.assertEqual((end.type, end.status), (STREAM, OK))

    def test_the_source_ends(self):
        client = self.daemon.open()
        s = self.console(client)
        client.send(payload=b'\4', status=CONTINUE, **s)
        end = client.recv()
        self.assertEqual((end.type, end.status, end.payload), (STREAM, CONTINUE, b''))

    def test_a_vanished_client_leaves_no_stream(self):
        before = self.daemon.descriptors()
        for _ in range(20):
            client = self.daemon.open()
            self.console(client)
            client.close()
        self.until('all ended', lambda: self.counter('streams') == 20)
        self.until('descriptors are given back', lambda: self.daemon.descriptors() <= before)

    def test_an_error_opens_no_stream(self):
        client = self.daemon.open()
        self.fails(client.do('domain_open_console', STUB + optional(string('none')) + u32(0)), 1)
        self.works(client.do('connect_get_type'))

    def volume(self, client, name, path, offset=0, length=0, flags=0):
        prog, proc = PROCEDURES[name]
        vol = string('pool') + string('vol') + string(path)
        serial = client.send(proc, vol + u64(offset) + u64(length) + u32(flags), prog=prog)
        self.works(client.reply(serial))
        return dict(proc=proc, serial=serial, kind=STREAM)

    def test_files_with_holes_go_up_and_down(self):
        path, client = self.daemon.root + '/volume', self.daemon.open()
        s = self.volume(client, 'storage_vol_upload', path, flags=1)
        client.send(payload=b'a' * 100000, status=CONTINUE, **s)
        client.send(payload=u64(1 << 20) + u32(0), status=CONTINUE, **dict(s, kind=HOLE))
        client.send(payload=b'b' * 4096, status=CONTINUE, **s)
        client.send(payload=u64(8192) + u32(0), status=CONTINUE, **dict(s, kind=HOLE))
        client.send(status=OK, **s)
        end = client.recv()
        self.assertEqual((end.type, end.status), (STREAM, OK), end)
        whole = b'a' * 100000 + b'\0' * (1 << 20) + b'b' * 4096 + b'\0' * 8192
        with open(path, 'rb') as f:
            self.assertEqual(f.read(), whole)
        for flags in (0, 1):
            s = self.volume(client, 'storage_vol_download', path, flags=flags)
            got, holes = b'', 0
            while True:
                packet = client.recv()
                if packet.type == HOLE:
                    holes += 1
                    got += b'\0' * Reader(packet.payload).u64()
                elif packet.payload:
                    got += packet.payload
                else:
                    break
            self.assertEqual(got, whole)
            self.assertLessEqual(holes, 0 if not flags else 3)
            client.send(status=OK, **s)
            self.assertEqual(client.recv().status, OK)
        s = self.volume(client, 'storage_vol_download', path, offset=99990, length=20)
        self.assertEqual(client.recv().payload, b'a' * 10 + b'\0' * 10)

    def test_a_failed_write_is_told(self):
        client = self.daemon.open()
        s = self.volume(client, 'storage_vol_upload', '/dev/full')
        client.send(payload=b'a' * 100, status=CONTINUE, **s)
        error = client.recv()
        self.assertEqual((error.type, error.status), (STREAM, ERROR))
        self.assertEqual(error.error()['code'], 38)

    def test_a_hole_where_none_is_allowed_closes(self):
        client = self.daemon.open()
        s = self.volume(client, 'storage_vol_upload', self.daemon.root + '/x')
        client.send(payload=u64(4096) + u32(0), status=CONTINUE, **dict(s, kind=HOLE))
        self.assertIsNone(client.recv())


class Descriptors(Base):
    def call(self, client, fds):
        prog, proc = PROCEDURES['qemu_domain_monitor_command_with_files']
        client.send_fds(proc, STUB + string('x') + u32(0), fds, prog=prog)

    def test_they_go_in_and_come_back(self):
        r, w = os.pipe()
        os.write(w, b'12345')
        client = self.daemon.open()
        self.call(client, [r, w])
        data, fds, _, _ = socket.recv_fds(client.sock, 4096, 8)
        client.buffer = data
        packet = client.recv()
        self.assertEqual(packet.type, REPLY_FDS)
        self.assertEqual(packet.payload, u32(2) + string('2 descriptors, 5 bytes'))
        while len(fds) < 2:
            more = socket.recv_fds(client.sock, 1, 8)[1]
            fds += more
        os.write(fds[1], b'back')
        self.assertEqual(os.read(r, 10), b'back')
        client.buffer = b''
        self.works(client.do('connect_get_type'))

    def test_unwanted_ones_are_closed(self):
        client = self.daemon.open()
        before = self.daemon.descriptors()
        r, w = os.pipe()
        for _ in range(5):
            client.send_fds(PROCEDURES['domain_lookup_by_name'][1], string('stub'), [r, w])
            self.works(client.recv())
        self.until('they are closed', lambda: self.daemon.descriptors() == before)

    def test_too_many_close_the_connection(self):
        client = self.daemon.open()
        client.sock.sendall(client.packet(23, u32(33) + string('x'), kind=CALL_FDS))
        self.assertIsNone(client.recv())
        client = self.daemon.open()
        r, _ = os.pipe()
        try:
            for _ in range(40):
                socket.send_fds(client.sock, [b'\0'], [r])
        except OSError:
            pass
        self.assertIsNone(client.recv())


class Tcp(Base):
    conf = 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\ntcp_port = "%d"\nlisten_addr = "127.0.0.1"\n'
    args = ('--listen',)

    def setUp(self):
        s = socket.socket()
        s.bind(('127.0.0.1', 0))
        self.port = s.getsockname()[1]
        s.close()
        self.conf = Tcp.conf % self.port
        super().setUp()

    def test_tcp_is_served_without_descriptors(self):
        self.until('the port is listened on', lambda: socket.socket().connect_ex(('127.0.0.1', self.port)) == 0)
        client = Client(tcp=('127.0.0.1', self.port))
        self.works(client.open())
        self.works(client.do('connect_get_type'))
        client.sock.sendall(client.packet(3, u32(1), kind=CALL_FDS))
        self.assertIsNone(client.recv())
        out = subprocess.run(['virsh', '-c', f'qemu+tcp://127.0.0.1:{self.port}/system', 'list'], capture_output=True, text=True)
        self.assertIn('stub', out.stdout, out.stderr)


class Stock(Base):
    def virsh(self, *args, path=None):
        uri = 'qemu+unix:///system?socket=' + (path or self.daemon.rw)
        out = subprocess.run(['virsh', '-q', '-c', uri, *args], capture_output=True, text=True, timeout=30)
        self.assertEqual(out.returncode, 0, out.stderr)
        return out.stdout.strip()

    def setUp(self):
        if not shutil.which('virsh'):
            self.skipTest('virsh is not installed')
        super().setUp()

    def test_virsh(self):
        for path in (self.daemon.rw, self.daemon.ro):
            self.assertEqual(self.virsh('hostname', path=path).split('.')[0], os.uname().nodename.split('.')[0])
            self.assertIn('stub', self.virsh('list', path=path))
            self.assertIn('Running against daemon: 9.0.0', self.virsh('version', '--daemon', path=path))
        self.assertEqual(self.virsh('domstate', 'stub'), 'running')

    def test_virsh_gets_its_events(self):
        uri = 'qemu+unix:///system?socket=' + self.daemon.rw
        p = subprocess.Popen(['virsh', '-c', uri, 'event', '--all', '--loop', '--timeout', '4'], stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        self.works(self.daemon.open().do('domain_create', STUB))
        out = p.communicate(timeout=20)[0]
        self.assertIn("event 'lifecycle' for domain 'stub': Started", out)

    def test_python(self):
        # libvirt-python is the system's, whatever python runs this.
        script = '''
import libvirt, sys
c = libvirt.open(sys.argv[1])
assert c.getType() == 'QEMU' and c.getLibVersion() == 9000000 and c.isSecure() == 1
assert [d.name() for d in c.listAllDomains()] == ['stub']
libvirt.registerErrorHandler(lambda *a: None, None)
try:
    c.listAllNetworks()
    raise AssertionError('networks were listed')
except libvirt.libvirtError as e:
    assert e.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT, e
s = c.newStream()
c.lookupByName('stub').openConsole(None, s)
s.send(b'over and back')
got = b''
while len(got) < 13:
    got += s.recv(1024)
assert got == b'over and back', got
s.finish()
c.close()
print('done')
'''
        if subprocess.run(['/usr/bin/python3', '-c', 'import libvirt'], capture_output=True).returncode:
            self.skipTest('libvirt-python is not installed')
        out = subprocess.run(['/usr/bin/python3', '-c', script, 'qemu+unix:///system?socket=' + self.daemon.rw],
                             capture_output=True, text=True, timeout=30)
        self.assertEqual(out.stdout, 'done\n', out.stderr)


class Start(unittest.TestCase):
    """The command line and the configuration."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='vireo-start-')
        os.makedirs(self.root + '/etc/libvirt')
        self.addCleanup(shutil.rmtree, self.root, True)

    def run_it(self, *args, conf='', env=None, timeout=20):
        with open(self.root + '/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write(conf)
        full = dict({k: v for k, v in os.environ.items() if not k.startswith('LIBVIRT_')}, VIREO_ROOT=self.root,
                    **dict({'LIBVIRT_LOG_OUTPUTS': '1:stderr'}, **(env or {})))
        return subprocess.run([PROGRAM, *args], env=full, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)

    def test_exit_codes(self):
        self.assertEqual(self.run_it('--version').returncode, 0)
        self.assertRegex(self.run_it('--version').stdout, r'^libvirtd\S* \(libvirt\) 9\.0\.0$')
        self.assertEqual(self.run_it('--help').returncode, 0)
        for bad in (['--bogus'], ['extra'], ['-t', 'abc'], ['-t', '-1'], ['-t', '99999999999'], ['-f', '/nonexistent']):
            self.assertEqual(self.run_it(*bad).returncode, 1, bad)

    def test_configuration_errors_name_file_line_and_key(self):
        cases = {
            'listen_tcp = "yes"': 'listen_tcp', '\n\nmax_clients = "5"': 'max_clients', 'max_clients = 0': 'max_clients',
            'auth_unix_rw = "sasl"': 'auth_unix_rw', 'auth_unix_ro = "polkit"': 'auth_unix_ro',
            'auth_tls = "sasl"': 'auth_tls', 'access_drivers = [ "polkit" ]': 'access_drivers',
            'auth_unix_rw = "frog"': 'auth_unix_rw', 'audit_level = 2': 'audit_level',
            'sasl_allowed_username_list = [ "joe" ]': 'sasl_allowed_username_list',
            'unix_sock_rw_perms = "9"': 'unix_sock_rw_perms', 'max_clients =': '', 'x y': '',
        }
        for conf, key in cases.items():
            out = self.run_it(conf=conf)
            self.assertNotEqual(out.returncode, 0, conf)
            self.assertIn(key, out.stderr)
            if key != 'unix_sock_rw_perms':
                line = conf.count('\n') + 1
                self.assertIn(f'/etc/libvirt/libvirtd.conf:{line}:', out.stderr, conf)

    def test_a_bad_log_output_stops_the_start(self):
        out = self.run_it(env={'LIBVIRT_LOG_OUTPUTS': '9:frog'})
        self.assertEqual(out.returncode, 1)
        self.assertIn('frog', out.stderr)

    def test_listening_without_its_protection_is_refused(self):
        out = self.run_it('--listen')
        self.assertEqual(out.returncode, 1)
        self.assertIn('listen_tls', out.stderr)
        out = self.run_it('--listen', conf='listen_tls = 0\nlisten_tcp = 1\n')
        self.assertEqual(out.returncode, 1)
        self.assertIn('libvirtd.conf:2: listen_tcp', out.stderr)

    def test_the_hosts_uuid(self):
        out = self.run_it(conf='host_uuid = "frog"')
        self.assertEqual(out.returncode, 1)
        self.assertIn('libvirtd.conf:1: host_uuid', out.stderr)
        for good in ('host_uuid = "8510b1f1-f5d1-4a2e-a7a6-1fe1ddab1b44"', 'host_uuid_source = "machine-id"'):
            with open(self.root + '/etc/machine-id', 'w') as f:
                f.write('8510b1f1f5d14a2ea7a61fe1ddab1b44\n')
            self.assertEqual(self.run_it('-t', '1', conf=good).returncode, 0)
        os.unlink(self.root + '/etc/machine-id')
        out = self.run_it('-t', '1', conf='host_uuid_source = "machine-id"')
        self.assertEqual(out.returncode, 1)
        self.assertIn('machine-id', out.stderr)

    def test_timeout_ends_an_unused_daemon(self):
        started = time.monotonic()
        out = self.run_it('-t', '1', conf='frobnicate = 1\nmax_client = 3\n')
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertLess(time.monotonic() - started, 5)
        self.assertIn("max_client: there is no such key; did you mean 'max_clients'?", out.stderr)

    def test_the_systems_own_file_starts_it(self):
        try:
            with open('/etc/libvirt/libvirtd.conf') as f:
                conf = f.read()
        except OSError:
            self.skipTest('there is no /etc/libvirt/libvirtd.conf here')
        out = self.run_it('-t', '1', conf=conf)
        self.assertEqual(out.returncode, 0, out.stderr)

    def test_background_and_pid_file(self):
        pid_path = self.root + '/run/libvirtd.pid'
        out = self.run_it('-d')
        self.assertEqual(out.returncode, 0, out.stderr)
        with open(pid_path) as f:
            pid = int(f.read())
        try:
            second = self.run_it()
            self.assertEqual(second.returncode, 1)
            self.assertIn('Failed to acquire pid file', second.stderr)
            self.assertIn(f'held by process {pid}', second.stderr)
            other = self.run_it('-p', self.root + '/other.pid')
            self.assertEqual(other.returncode, 6, other.stderr)
            client = Client(self.root + '/run/libvirt/libvirt-sock')
            self.assertEqual(client.open().status, OK)
        finally:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while os.path.exists(pid_path) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(os.path.exists(pid_path))

    def test_passed_sockets(self):
        os.makedirs(self.root + '/passed')
        rw, ro = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        rw.bind(self.root + '/passed/libvirt-sock')
        ro.bind(self.root + '/passed/libvirt-sock-ro')
        for s in (rw, ro):
            s.listen(10)
        os.chmod(self.root + '/passed/libvirt-sock', 0o600)

        env = dict(os.environ, VIREO_ROOT=self.root, LISTEN_FDS='2', LIBVIRT_LOG_OUTPUTS='1:stderr')
        script = 'import os,sys; os.environ["LISTEN_PID"]=str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])'
        fds = {3: os.dup(ro.fileno()), 4: os.dup(rw.fileno())}

        def place():
            high = [os.dup(os.dup(fd)) for fd in fds.values()]
            for target, fd in zip(fds, high):
                os.dup2(fd, target)
        p = subprocess.Popen([sys.executable, '-c', script, PROGRAM], env=env, preexec_fn=place, close_fds=False,
                             stderr=subprocess.PIPE)
        try:
            client = Client(self.root + '/passed/libvirt-sock-ro')
            self.assertEqual(client.open().status, OK)
            self.assertEqual(client.do('domain_destroy', STUB).error()['code'], 29)
            client = Client(self.root + '/passed/libvirt-sock')
            self.assertEqual(client.open().status, OK)
            self.assertEqual(client.do('domain_destroy', STUB).error()['code'], 3)
        finally:
            p.send_signal(signal.SIGTERM)
            p.communicate(timeout=20)
        self.assertTrue(os.path.exists(self.root + '/passed/libvirt-sock'), 'not ours to remove')
        # One that everybody may write to, and nobody is asked: only when the configuration says so in words.
        os.chmod(self.root + '/passed/libvirt-sock', 0o666)
        p = subprocess.run([sys.executable, '-c', script, PROGRAM], env=env, preexec_fn=place, close_fds=False,
                           stderr=subprocess.PIPE, timeout=20)
        self.assertNotEqual(p.returncode, 0)
        self.assertIn(b'SocketMode=0660', p.stderr)

    def test_another_daemons_socket_is_left_alone(self):
        os.makedirs(self.root + '/run/libvirt')
        other = socket.socket(socket.AF_UNIX)
        other.bind(self.root + '/run/libvirt/virtqemud-sock')
        other.listen(5)
        inode = os.stat(self.root + '/run/libvirt/virtqemud-sock').st_ino
        out = self.run_it('-t', '1')
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertEqual(os.stat(self.root + '/run/libvirt/virtqemud-sock').st_ino, inode)
        self.assertFalse(os.path.exists(self.root + '/run/libvirt/libvirt-sock'))

    def test_hooks_of_the_daemon(self):
        hooks, out = self.root + '/etc/libvirt/hooks', self.root + '/hooks.log'
        os.makedirs(hooks + '/daemon.d')
        script = f'#!/bin/sh\necho "$(basename $0) $* stdin:$(cat)" >> {out}\necho said\nexit 3\n'
        for name in ('daemon', 'daemon.d/b', 'daemon.d/a', 'daemon.d/c', 'daemon.d/.hidden'):
            with open(f'{hooks}/{name}', 'w') as f:
                f.write(script if name == 'daemon' else script.replace('exit 3', ''))
            os.chmod(f'{hooks}/{name}', 0o644 if name.endswith('c') else 0o755)
        done = self.run_it('-t', '1')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('Hook script execution failed', done.stderr)
        with open(out) as f:
            lines = f.read().splitlines()
        self.assertEqual(lines, [
            'daemon - start - start stdin:', 'a - start - start stdin:', 'b - start - start stdin:said',
            'daemon - shutdown - shutdown stdin:', 'a - shutdown - shutdown stdin:', 'b - shutdown - shutdown stdin:said'])

    def test_hangup_reads_the_settings_again(self):
        daemon = Daemon('max_client_requests = 1\n')
        try:
            with open(daemon.root + '/etc/libvirt/libvirtd.conf', 'w') as f:
                f.write('max_client_requests = "x"\n')
            daemon.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while 'kept as it was' not in daemon.log() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertIn('libvirtd.conf:1: max_client_requests', daemon.log())
            self.assertEqual(daemon.open().do('connect_get_type').status, OK)
            self.assertEqual(daemon.stop(), 0)
        finally:
            daemon.remove()


if __name__ == '__main__':
    if os.geteuid() != 0:
        print('SKIP daemon: needs root, as the system daemon does')
        sys.exit(77)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1, warnings='ignore')
