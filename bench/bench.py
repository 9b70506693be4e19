#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a call costs: stock libvirtd and ours, measured in turn in one run.

usage: bench/run [--quick] [--pairs N] [--guests N] [--only stock|vireo] [--json FILE] [--build DIR]

Each round starts one daemon from an empty state (capability cache kept), measures everything, and stops it; rounds of the
two alternate. Both run with the same settings, state on tmpfs, QEMU by software emulation, the same client library.
Printed are medians with the best in brackets; the ratio is ours to stock's, of the medians and of the best: below 1 we cost less.
Times under load differ by a third from run to run; trust CPU figures first.
"""
import json
import os
import shutil
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'tests', 'lib'))
import sandbox  # noqa: E402

FIGURES = (
    ('start', 'ms', 'exec to first answered call'),
    ('restart', 'ms', 'exec until all running guests are known'),
    ('idle', 'KiB', 'private memory after start'),
    ('threads', '', 'threads after start'),
    ('connect cpu', 'us', 'daemon CPU of connect and close'),
    ('call', 'us', 'round trip of a trivial call'),
    ('calls/s', '/s', 'trivial calls by one client'),
    ('call cpu', 'us', 'daemon CPU of a trivial call'),
    ('capabilities cpu', 'us', 'daemon CPU of the capabilities document'),
    ('define', 'ms', 'define, durable'),
    ('define cpu', 'us', 'daemon CPU of define'),
    ('list cpu', 'us', 'daemon CPU of listing all guests'),
    ('stats cpu', 'us', 'daemon CPU of statistics of all inactive guests'),
    ('per guest', 'KiB', 'private memory for each guest defined'),
    ('create', 'ms', 'start of a tiny guest'),
    ('create cpu', 'ms', 'daemon CPU of a start (without its QEMU)'),
    ('running stats', 'ms', 'statistics of all running guests'),
    ('running stats cpu', 'us', 'daemon CPU of that'),
    ('suspend+resume', 'ms', 'suspend and resume'),
    ('destroy', 'ms', 'destroy'),
    ('fleet', 'ms', 'start of all guests by eight clients'),
    ('events/s', '/s', 'lifecycle events to one subscriber'),
    ('event cpu', 'us', 'daemon CPU of such an event'),
    ('many start', 'ms', 'exec until 10,000 definitions are listed (1,000 with --quick)'),
    ('many list cpu', 'us', 'daemon CPU of listing them'),
    ('many stats cpu', 'ms', 'daemon CPU of their statistics'),
    ('many', 'KiB', 'private memory for each of them, listed'),
    ('net-define', 'ms', 'define of a network, durable'),
    ('net-start', 'ms', 'start of a network with DHCP and NAT'),
    ('net-destroy', 'ms', 'its end'),
)
# More is better here.
RATES = ('calls/s', 'events/s')


def arguments(argv):
    options = {'pairs': 11, 'guests': 20, 'only': '', 'json': '', 'build': ''}
    quick = False
    i = 0
    while i < len(argv):
        if argv[i] == '--quick':
            quick = True
            options.update(pairs=3, guests=5)
        elif argv[i][:2] == '--' and argv[i][2:] in options and i + 1 < len(argv):
            key = argv[i][2:]
            options[key] = int(argv[i + 1]) if isinstance(options[key], int) else argv[i + 1]
            i += 1
        else:
            print(__doc__)
            sys.exit(0 if argv[i] == '--help' else 64)
        i += 1
    options['quick'] = quick
    return options


def empty(kind):
    """Fresh state directories; the capability cache of this kind comes back."""
    for path in sandbox.STATE + ('/run/libvirt',):
        for name in os.listdir(path) if os.path.isdir(path) else []:
            p = os.path.join(path, name)
            shutil.rmtree(p) if os.path.isdir(p) and not os.path.islink(p) else os.unlink(p)
    os.makedirs('/var/log/libvirt/qemu', exist_ok=True)
    kept = os.path.join(sandbox.WORK, 'cache-' + kind)
    if os.path.isdir(kept):
        shutil.copytree(kept, '/var/cache/libvirt', dirs_exist_ok=True)


def keep_cache(kind):
    kept = os.path.join(sandbox.WORK, 'cache-' + kind)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree('/var/cache/libvirt', kept)


class Cost:
    """Wall time and daemon CPU of n repetitions, each in seconds."""

    def __init__(self, daemon, n):
        self.daemon, self.n = daemon, n

    def __enter__(self):
        self.cpu0, self.t0 = self.daemon.cpu_s(), time.monotonic()
        return self

    def __exit__(self, *exc):
        self.wall = (time.monotonic() - self.t0) / self.n
        self.cpu = (self.daemon.cpu_s() - self.cpu0) / self.n


def first_answer(d):
    """Starts the daemon; seconds from exec to an answered call."""
    t = time.monotonic()
    d.start()
    c = d.connect()
    c.getLibVersion()
    took = time.monotonic() - t
    return took, c


def fleet(d, names):
    """Milliseconds until eight clients have started all guests."""
    todo = list(names)

    def client():
        c = d.connect()
        while True:
            try:
                name = todo.pop()
            except IndexError:
                break
            c.lookupByName(name).create()
        c.close()

    threads = [threading.Thread(target=client) for _ in range(8)]
    t = time.monotonic()
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    return (time.monotonic() - t) * 1e3


def events(d, c, n):
    """(lifecycle events that arrive in a second, daemon CPU of one in us): one guest is stopped and continued."""
    import libvirt
    libvirt.virEventRegisterDefaultImpl()
    seen = []
    subscriber = d.connect()
    subscriber.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lambda *_: seen.append(1), None)
    ended = threading.Event()

    def loop():
        while not ended.is_set():
            libvirt.virEventRunDefaultImpl()

    keep_turning = libvirt.virEventAddTimeout(50, lambda *_: None, None)
    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    dom = c.listAllDomains(1)[0]
    with Cost(d, 2 * n) as cost:
        for _ in range(n):
            dom.suspend()
            dom.resume()
        end = time.monotonic() + 10
        while len(seen) < 2 * n and time.monotonic() < end:
            time.sleep(0.001)
    if len(seen) < 2 * n:
        raise RuntimeError('%d of %d events came' % (len(seen), 2 * n))
    ended.set()
    thread.join()
    libvirt.virEventRemoveTimeout(keep_turning)
    subscriber.close()
    return 1 / cost.wall, cost.cpu * 1e6


def many(d, domain_xml, n):
    """Definitions written as files: what a daemon that finds them costs."""
    out = {}
    for i in range(n):
        text = domain_xml('m%d' % i, head='<uuid>%08x-0000-4000-8000-000000000001</uuid>' % i)
        with open('/etc/libvirt/qemu/m%d.xml' % i, 'w') as f:
            f.write(text)
    t = time.monotonic()
    _, c = first_answer(d)
    while len(c.listAllDomains()) < n:
        if time.monotonic() - t > 120:
            raise RuntimeError('not all definitions are listed')
    out['many start'] = (time.monotonic() - t) * 1e3
    time.sleep(1)
    out['many'] = d.private_kib() / n
    with Cost(d, 3) as cost:
        for _ in range(3):
            c.listAllDomains()
    out['many list cpu'] = cost.cpu * 1e6
    c.getAllDomainStats() # the first one looks into each
    with Cost(d, 1) as cost:
        c.getAllDomainStats()
    out['many stats cpu'] = cost.cpu * 1e3
    c.close()
    return out


def networks(c, d, n, out):
    """Virtual networks with a dnsmasq each."""
    costs = {'net-define': [], 'net-start': [], 'net-destroy': []}
    for i in range(n):
        xml = ("<network><name>n%d</name><forward mode='nat'/><bridge name='nb%d'/><ip address='10.77.%d.1' prefix='24'><dhcp>"
               "<range start='10.77.%d.2' end='10.77.%d.99'/></dhcp></ip></network>" % (i, i, i, i, i))
        nets = []
        for name, step in (('net-define', lambda: nets.append(c.networkDefineXML(xml))), ('net-start', lambda: nets[0].create()),
                           ('net-destroy', lambda: nets[0].destroy())):
            with Cost(d, 1) as cost:
                step()
            costs[name].append(cost.wall)
        nets[0].undefine()
    for name, values in costs.items():
        out[name] = statistics.median(values) * 1e3


def round_of(kind, options, domain_xml, Daemon):
    """One round: name of figure -> value."""
    import libvirt_qemu
    out = {}
    empty(kind)
    d = Daemon(kind)
    quick, guests = options['quick'], options['guests']
    try:
        out['start'], c = first_answer(d)
        out['start'] *= 1e3
        time.sleep(0.5)
        out['idle'], out['threads'] = d.private_kib(), d.threads()

        n = 50 if quick else 200
        with Cost(d, n) as cost:
            for _ in range(n):
                d.connect().close()
        out['connect cpu'] = cost.cpu * 1e6

        n = 2000 if quick else 10000
        with Cost(d, n) as cost:
            for _ in range(n):
                c.getLibVersion()
        out['call'], out['call cpu'], out['calls/s'] = cost.wall * 1e6, cost.cpu * 1e6, 1 / cost.wall

        c.getCapabilities()
        n = 50 if quick else 200
        with Cost(d, n) as cost:
            for _ in range(n):
                c.getCapabilities()
        out['capabilities cpu'] = cost.cpu * 1e6

        n = 100 if quick else 1000
        c.defineXML(domain_xml('warm')).undefine()
        before = d.private_kib()
        texts = [domain_xml('d%d' % i) for i in range(n)]
        with Cost(d, n) as cost:
            for t in texts:
                c.defineXML(t)
        out['define'], out['define cpu'] = cost.wall * 1e3, cost.cpu * 1e6
        out['per guest'] = (d.private_kib() - before) / n
        with Cost(d, 10) as cost:
            for _ in range(10):
                c.listAllDomains()
        out['list cpu'] = cost.cpu * 1e6
        with Cost(d, 5) as cost:
            for _ in range(5):
                c.getAllDomainStats()
        out['stats cpu'] = cost.cpu * 1e6
        for dom in c.listAllDomains():
            dom.undefine()

        networks(c, d, 5 if quick else 15, out)

        names = ['g%d' % i for i in range(guests)]
        doms = [c.defineXML(domain_xml(n, memory_mib=16)) for n in names]
        doms[0].create()  # the first asks the emulator for its capabilities
        doms[0].destroy()
        costs = []
        for dom in doms:
            with Cost(d, 1) as cost:
                dom.create()
            costs.append(cost)
        out['create'] = statistics.median(x.wall for x in costs) * 1e3
        out['create cpu'] = statistics.median(x.cpu for x in costs) * 1e3
        with Cost(d, 10) as cost:
            for _ in range(10):
                c.getAllDomainStats()
        out['running stats'], out['running stats cpu'] = cost.wall * 1e3, cost.cpu * 1e6
        n = 20
        with Cost(d, n) as cost:
            for _ in range(n):
                doms[0].suspend()
                doms[0].resume()
        out['suspend+resume'] = cost.wall * 1e3

        c.close()
        d.stop()
        t = time.monotonic()
        _, c = first_answer(d)
        while sorted(x.name() for x in c.listAllDomains(1)) != sorted(names):
            if time.monotonic() - t > 60:
                raise RuntimeError('%s does not find its guests again' % kind)
        for x in c.listAllDomains(1):
            # Answered by its QEMU, so after the daemon has found it again.
            if '"running"' not in libvirt_qemu.qemuMonitorCommand(x, '{"execute":"query-status"}', 0):
                raise RuntimeError('%s: guest %s is not running after the restart' % (kind, x.name()))
        out['restart'] = (time.monotonic() - t) * 1e3

        costs = []
        for dom in c.listAllDomains(1):
            with Cost(d, 1) as cost:
                dom.destroy()
            costs.append(cost.wall)
        out['destroy'] = statistics.median(costs) * 1e3
        out['fleet'] = fleet(d, names)
        time.sleep(3) # their firmware is done by then, of whoever started them faster
        out['events/s'], out['event cpu'] = events(d, c, 50 if quick else 200)
        for dom in c.listAllDomains(1):
            dom.destroy()
        c.close()
        d.stop()
        out.update(many(d, domain_xml, 1000 if quick else 10000))
    except Exception:
        print('bench: %s, whose log ends with\n%s' % (kind, d.log_tail()), file=sys.stderr)
        raise
    finally:
        if d.alive():
            d.stop()
        for pid in sandbox.processes('qemu-system'):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
    keep_cache(kind)
    return out


def number(x):
    return '%.0f' % x if abs(x) >= 100 else '%.1f' % x if abs(x) >= 1 else '%.2f' % x


def main():
    options = arguments(sys.argv[1:])
    if options['build']:
        os.environ['VIREO_BUILD'] = os.path.abspath(options['build'])
    if os.geteuid() != 0:
        sys.exit('bench: needs root, for private namespaces')
    json_file = os.path.abspath(options['json']) if options['json'] else None
    sandbox.enter()
    from suite import domain_xml
    from daemon import Daemon
    kinds = [options['only']] if options['only'] else ['stock', 'vireo']
    results = {k: [] for k in kinds}
    for i in range(options['pairs'] + 1):
        for kind in kinds if i % 2 == 0 else kinds[::-1]:
            r = round_of(kind, options, domain_xml, Daemon)
            # The first round of each fills caches and is not counted.
            if i:
                results[kind].append(r)
            print('bench: round %d of %d, %s' % (i, options['pairs'], kind), file=sys.stderr, flush=True)
    print('%d rounds each, %d running guests; medians (best)\n' % (options['pairs'], options['guests']))
    head = '%-18s %-5s' + ' %20s' * len(kinds) + ('  %12s' if len(kinds) == 2 else '')
    print(head % (('figure', 'unit') + tuple(kinds) + (('ours / stock',) if len(kinds) == 2 else ())))
    summary = {}
    for name, unit, what in FIGURES:
        row, values = [], {}
        for kind in kinds:
            v = [r[name] for r in results[kind]]
            values[kind] = (statistics.median(v), max(v) if name in RATES else min(v))
            row.append('%s (%s)' % tuple(map(number, values[kind])))
        if len(kinds) == 2:
            ratios = [values['vireo'][j] / values['stock'][j] if values['stock'][j] else float('nan') for j in (0, 1)]
            row.append('%.2f (%.2f)' % tuple(ratios))
        summary[name] = dict({k: values[k] for k in kinds}, what=what, unit=unit)
        print(head % ((name, unit) + tuple(row)) + '  ' + what)
    if json_file:
        with open(json_file, 'w') as f:
            json.dump(summary, f, indent=1)


if __name__ == '__main__':
    main()
