#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many clients and many guests: others are answered within a second, and memory is bounded."""
import os
import resource
import selectors
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import protocol as p  # noqa: E402
from suite import Daemon, Failed, Skip, domain_xml, equal, long, main, test, vireo_only, wait_for  # noqa: E402

REMOTE = p.API.programs['remote'].number
VERSION = p.CALLS['connect_get_lib_version'].number
ROOM = dict(max_clients=12000, max_anonymous_clients=12000, max_queued_clients=12000)
_kept = {}


def crowded(need=3000):
    """A daemon with room for many, the same for all tests here. need: descriptors on either side."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < need:
        raise Skip('at most %d descriptors are allowed here' % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 13000), hard))
    d = _kept.get('d')
    if not d or not d.alive():
        d = _kept['d'] = Daemon(libvirtd=ROOM).start()
        d.connect().close()
    return d


class Witness:
    """An honest client that asks all the time, and remembers the longest it waited."""

    def __init__(self, d):
        self.client = p.Client(d.socket, timeout=30).open()
        self.worst, self.ended, self.asked = 0, False, 0
        self.thread = threading.Thread(target=self.ask, daemon=True)

    def ask(self):
        while not self.ended:
            t = time.monotonic()
            self.client.call('connect_get_lib_version')
            self.worst = max(self.worst, time.monotonic() - t)
            self.asked += 1
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.ended = True
        self.thread.join(30)
        if not exc[0] and (self.thread.is_alive() or self.worst > 1 or not self.asked):
            raise Failed('an honest client waited %.2f s' % self.worst)


def connected(d, n):
    """n bare connections."""
    found = []
    for _ in range(n):
        s = socket.socket(socket.AF_UNIX)
        s.connect(d.socket) # waits while the queue of the listener is full
        s.settimeout(20)
        found.append(s)
    return found


def closed(d, sockets, before):
    for s in sockets:
        s.close()
    wait_for(lambda: len(d.fds()) <= before + 3, 'their descriptors to be closed', 20)


@test
@vireo_only
def a_thousand_half_open_connections_delay_nobody():
    d = crowded()
    fds = len(d.fds())
    with Witness(d):
        crowd = connected(d, 1000)
        for s in crowd:
            s.send(p.packet(REMOTE, 66, b'\0' * 100)[:30])
        time.sleep(1)
        with p.Client(d.socket, timeout=1) as c: # a new one comes in as well
            c.open()
    closed(d, crowd, fds)


@test
@vireo_only
def a_thousand_clients_that_call_are_all_answered():
    d = crowded()
    fds = len(d.fds())
    crowd = connected(d, 1000)
    left = dict.fromkeys(crowd, 20)
    sel = selectors.DefaultSelector()
    with Witness(d):
        for s in crowd:
            sel.register(s, selectors.EVENT_READ)
            s.send(p.packet(REMOTE, 66, serial=1))
        end = time.monotonic() + 60
        while left and time.monotonic() < end:
            for key, _ in sel.select(1):
                s = key.fileobj
                n, = struct.unpack('>I', s.recv(4, socket.MSG_WAITALL))
                s.recv(n - 4, socket.MSG_WAITALL)
                left[s] -= 1
                if left[s]:
                    s.send(p.packet(REMOTE, 66, serial=21 - left[s]))
                else:
                    del left[s]
        equal(len(left), 0, 'clients without an answer')
    closed(d, crowd, fds)


@test
@vireo_only
def ten_thousand_calls_in_a_row_of_one_client_delay_nobody():
    d = crowded()
    c = p.Client(d.socket, timeout=30).open()
    before = d.private_kib()
    with Witness(d):
        sender = threading.Thread(target=c.send, args=(b''.join(p.packet(REMOTE, VERSION, serial=n + 1) for n in range(10000)),))
        sender.start()
        time.sleep(0.5) # nothing is read for a while
        grown = d.private_kib() - before
        if grown > 8192:
            raise Failed('what one client asked took %d KiB' % grown)
        for n in range(10000):
            r = c.receive()
            equal((r.serial, r.code), (n + 1, None))
        sender.join()
    c.socket.close()


@test
@vireo_only
def events_that_nobody_reads_are_bounded():
    d = crowded()
    deaf = p.Client(d.socket, timeout=30).open()
    equal(deaf.call('connect_domain_event_callback_register_any', p.Minimal({'eventID': 0})).code, None)
    c = d.connect()
    before = d.private_kib()
    with Witness(d):
        dom = c.defineXML(domain_xml('talk', head='<uuid>11111111-2222-4333-8444-555555555556</uuid>'))
        for n in range(1500):
            c.defineXML(domain_xml('talk', head='<uuid>11111111-2222-4333-8444-555555555556</uuid>'))
        grown = d.private_kib() - before
        if grown > 12288:
            raise Failed('events nobody reads took %d KiB' % grown)
        dom.undefine()
    c.close()
    deaf.socket.close()


def idle_connections(n):
    d = crowded(n * 11 // 10 + 200)
    fds = len(d.fds())
    crowd = connected(d, n // 10) # what one must have at hand is there after the first
    for s in crowd:
        s.send(p.packet(REMOTE, 66, serial=1))
    for s in crowd:
        s.recv(4096)
    before = d.private_kib()
    more = connected(d, n)
    for s in more:
        s.send(p.packet(REMOTE, 66, serial=1))
    for s in more:
        s.recv(4096)
    each = (d.private_kib() - before) / n
    print('%d idle connections: %.2f KiB each' % (n, each), flush=True)
    if each > 16:
        raise Failed('%.1f KiB for an idle connection' % each)
    with Witness(d):
        time.sleep(0.5)
    closed(d, crowd + more, fds)


@test
@vireo_only
def an_idle_connection_takes_at_most_sixteen_kib():
    idle_connections(1000)


@test
@long
@vireo_only
def ten_thousand_idle_connections_take_at_most_sixteen_kib_each():
    idle_connections(10000)


@test
@long
@vireo_only
def ten_thousand_definitions_are_listed_kept_and_forgotten():
    d = crowded()
    c = d.connect()
    base = d.private_kib()
    for n in range(10000):
        c.defineXML(domain_xml('d%d' % n))
    time.sleep(1)
    print('10000 definitions: %.2f KiB each' % ((d.private_kib() - base) / 10000), flush=True)
    equal(len(c.listAllDomains()), 10000)
    c.close()
    d.kill()
    t = time.monotonic()
    d.start()
    c = d.connect()
    doms = c.listAllDomains()
    print('a start and a list of 10000: %.3f s' % (time.monotonic() - t), flush=True)
    equal(len(doms), 10000)
    for dom in doms:
        dom.undefine()
    equal(c.listAllDomains(), [])
    c.close()


@test
@long
@vireo_only
def two_hundred_guests_run_at_once():
    d = crowded()
    c = d.connect()
    t = time.monotonic()
    names = ['many%d' % n for n in range(200)]
    for name in names:
        c.createXML(domain_xml(name, memory_mib=16))
    print('200 guests started in %.1f s' % (time.monotonic() - t), flush=True)
    t = time.monotonic()
    equal(len(c.getAllDomainStats()), 200)
    print('their statistics took %.3f s' % (time.monotonic() - t), flush=True)
    c.close()
    d.kill()
    t = time.monotonic()
    d.start()
    c = d.connect()
    wait_for(lambda: sum(x.isActive() and x.state()[0] in (1, 3) for x in c.listAllDomains()) == 200, 'all to be found again', 60)
    print('found again after %.2f s' % (time.monotonic() - t), flush=True)
    for name in names:
        c.lookupByName(name).destroy()
    equal(c.listAllDomains(), [])
    c.close()


main()
