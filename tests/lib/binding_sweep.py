#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method of every class of libvirt-python, called with good, odd and impossible arguments; one line per call.

binding_sweep.py URI [--class NAME] [--from METHOD]: run it with two libraries and compare. Methods are found by looking, so
what a newer binding adds is called too; arguments come from the names of parameters.
"""
import inspect
import os
import re
import sys

import libvirt

libvirt.registerErrorHandler(lambda data, error: None, None)
UUID = 'c7a5fdbd-edaf-9455-926a-d65c16db18%02d'
DOMAIN = """<domain type='qemu'><name>%s</name><uuid>%s</uuid><memory>65536</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/run/work/sweep.img'/><target dev='vda' bus='virtio'/></disk>
<serial type='pty'/><memballoon model='virtio'/></devices></domain>"""
PLAIN = re.sub("<disk.*</disk>\n", "", DOMAIN)
DISK = "<disk type='file' device='disk'><source file='/run/work/sweep2.img'/><target dev='vdb' bus='virtio'/></disk>"
NET = "<network><name>%s</name><uuid>%s</uuid><bridge name='virbr77'/></network>"
POOL = "<pool type='dir'><name>%s</name><uuid>%s</uuid><target><path>/run/work/pool</path></target></pool>"
VOL = "<volume><name>sweep.vol</name><capacity unit='KiB'>64</capacity></volume>"
SECRET = "<secret ephemeral='no' private='no'><uuid>%s</uuid><usage type='volume'><volume>/run/work/sweep</volume></usage></secret>"
FILTER = "<filter name='%s'><uuid>%s</uuid><rule action='drop' direction='in'/></filter>"
IFACE = "<interface type='bridge' name='sweepbr'><bridge/></interface>"
SNAPSHOT = "<domainsnapshot><name>one</name></domainsnapshot>"
CHECKPOINT = "<domaincheckpoint><name>one</name></domaincheckpoint>"

# By parameter name. A function gets the sweep.
GOOD = {
    'pages': [4], 'startCell': 0, 'cellCount': 1, 'flags': 0, 'xmlCPUs': ['<cpu><arch>x86_64</arch><model>qemu64</model></cpu>'],
    'emulator': None, 'arch': 'x86_64', 'machine': None, 'virttype': 'qemu', 'files': lambda s: [], 'cb': lambda s: s.note,
    'callbackID': 4711, 'opaque': None, 'dom': lambda s: s.get('virDomain'), 'doms': lambda s: [s.get('virDomain')], 'eventID': 0,
    'stats': 0, 'nativeFormat': 'qemu-argv', 'nativeConfig': 'qemu -m 64', 'domainXml': DOMAIN % ('n', UUID % 60), 'type': 0,
    'srcSpec': None, 'cpuNum': -1, 'maxCells': 4, 'emulatorbin': None, 'cellNum': -1, 'macstr': '52:54:00:00:00:01',
    'name': 'sweep', 'cap': 'system', 'id': 4711, 'uuid': b'\xc7\xa5\xfd\xbd\xed\xaf\x94\x55\x92\x6a\xd6\x5c\x16\xdb\x18\x01',
    'uuidstr': UUID % 1, 'net': lambda s: s.get('virNetwork'), 'dev': lambda s: s.get('virNodeDevice'), 'wwnn': '20000000c9831b4b',
    'wwpn': '10000000c9831b4b', 'portdev': 'vnet0', 'frm': '/run/work/none', 'params': {}, 'file': '/run/work/none',
    'secret': lambda s: s.get('virSecret'), 'usageType': 1, 'usageID': '/run/work/sweep', 'interval': -1, 'count': 1,
    'pool': lambda s: s.get('virStoragePool'), 'path': 'vda', 'key': '/run/work/pool/sweep.vol', 'target': 99, 'duration': 1,
    'iothread_id': 1, 'timeout': 1, 'user': 'root', 'keys': ['k'], 'backupXML': '<domainbackup/>', 'checkpointXML': None, 'disk': 'vda',
    'base': None, 'top': None, 'bandwidth': 1, 'destxml': '<disk/>', 'offset': 0, 'size': 512, 'to': '/run/work/core', 'dumpformat': 0,
    'alias': 'serial0', 'mountPoint': None, 'minimum': 0, 'mountpoints': None, 'total': True, 'types': 0, 'source': 0, 'device': None,
    'start': 0, 'uri': 'qemu:///system', 'dconn': lambda s: s.conn, 'dname': None, 'cacheSize': 1 << 20, 'downtime': 100, 'st': lambda s: s.stream(),
    'dev_name': None, 'idx': 0, 'fd': lambda s: s.pipe(), 'cpumap': (True,), 'iothread_val': 1, 'vcpu': 0, 'new_name': 'sweep', 'snap': lambda s: s.get('virDomainSnapshot'),
    'stream': lambda s: s.stream(), 'screen': 0, 'codeset': 0, 'holdtime': 1, 'keycodes': [30], 'nkeycodes': 1, 'pid_value': 1, 'signum': 99,
    'autostart': 0, 'threshold': 100, 'state': 0, 'action': 0, 'memory': 65536, 'period': 1, 'metadata': 'text', 'time': {'seconds': 1},
    'password': 'x', 'vcpumap': '0', 'nvcpus': 1, 'seconds': 1, 'mac': None, 'command': 4, 'section': 4, 'parentIndex': -1,
    'driverName': None, 'value': b'value', 'clonevol': lambda s: s.get('virStorageVol'), 'length': 512, 'capacity': 65536, 'algorithm': 0,
    'events': 1, 'nbytes': 16, 'handler': lambda s: s.note, 'data': b'data', 'holeHandler': lambda s: s.note, 'skipHandler': lambda s: s.note,
    'dxml': None, 'xmlCPU': '<cpu><arch>x86_64</arch><model>qemu64</model></cpu>', 'key_': None,
}
# Where a name means something else: (class, method, parameter), None for any class or method.
SPECIAL = {
    (None, 'defineXML', 'xml'): DOMAIN % ('sweep', UUID % 1), (None, 'defineXMLFlags', 'xml'): DOMAIN % ('sweep', UUID % 1),
    (None, 'createXML', 'xmlDesc'): PLAIN % ('sweep-t', UUID % 20), (None, 'createLinux', 'xmlDesc'): PLAIN % ('sweep-t', UUID % 21),
    (None, 'createXMLWithFiles', 'xmlDesc'): PLAIN % ('sweep-t', UUID % 22),
    (None, 'networkDefineXML', 'xml'): NET % ('sweep', UUID % 2), (None, 'networkDefineXMLFlags', 'xml'): NET % ('sweep', UUID % 2),
    (None, 'networkCreateXML', 'xmlDesc'): NET % ('sweep-t', UUID % 23), (None, 'networkCreateXMLFlags', 'xmlDesc'): NET % ('sweep-t', UUID % 24),
    (None, 'storagePoolDefineXML', 'xml'): POOL % ('sweep', UUID % 3), (None, 'storagePoolCreateXML', 'xmlDesc'): POOL % ('sweep-t', UUID % 25),
    (None, 'secretDefineXML', 'xml'): SECRET % (UUID % 4), (None, 'nwfilterDefineXML', 'xml'): FILTER % ('sweep', UUID % 5),
    (None, 'nwfilterDefineXMLFlags', 'xml'): FILTER % ('sweep', UUID % 5), (None, 'interfaceDefineXML', 'xml'): IFACE,
    (None, 'compareCPU', 'xmlDesc'): '<cpu match="minimum"><arch>x86_64</arch><model>qemu64</model></cpu>',
    (None, 'nodeDeviceCreateXML', 'xmlDesc'): '<device/>', (None, 'nodeDeviceDefineXML', 'xmlDesc'): '<device/>',
    (None, 'nwfilterBindingCreateXML', 'xml'): '<filterbinding/>', (None, 'findStoragePoolSources', 'type'): 'dir',
    (None, 'getMaxVcpus', 'type'): 'qemu', (None, 'getStoragePoolCapabilities', 'type'): 0,
    (None, 'attachDevice', 'xml'): DISK, (None, 'attachDeviceFlags', 'xml'): DISK, (None, 'detachDevice', 'xml'): DISK,
    (None, 'detachDeviceFlags', 'xml'): DISK, (None, 'updateDeviceFlags', 'xml'): DISK, (None, 'snapshotCreateXML', 'xmlDesc'): SNAPSHOT,
    (None, 'checkpointCreateXML', 'xmlDesc'): CHECKPOINT, ('virStoragePool', 'createXML', 'xmldesc'): VOL,
    ('virStoragePool', 'createXML', 'xml'): VOL, ('virStoragePool', 'createXMLFrom', 'xmldesc'): VOL, ('virNetwork', 'update', 'xml'): '<host/>',
    ('virNetwork', 'portCreateXML', 'xmldesc'): '<networkport/>', (None, 'blockResize', 'size'): 4096, (None, 'listDevices', 'cap'): 'system',
    (None, 'lookupByID', 'id'): 4711, (None, 'setMetadata', 'type'): libvirt.VIR_DOMAIN_METADATA_TITLE,
    (None, 'metadata', 'type'): libvirt.VIR_DOMAIN_METADATA_TITLE, (None, 'setMetadata', 'uri'): None, (None, 'metadata', 'uri'): None,
    (None, 'setMetadata', 'key'): None, (None, 'interfaceStats', 'path'): 'vnet0', (None, 'interfaceParameters', 'device'): 'vnet0',
    (None, 'setInterfaceParameters', 'device'): 'vnet0', (None, 'domainXMLToNative', 'domainXml'): DOMAIN % ('n', UUID % 60),
    (None, 'blockIoTune', 'disk'): 'vda', (None, 'snapshotLookupByName', 'name'): 'one', (None, 'checkpointLookupByName', 'name'): 'one',
    (None, 'domainEventRegisterAny', 'eventID'): 0, (None, 'allocPages', 'pages'): {2048: 0}, (None, 'storageVolLookupByName', 'name'): 'sweep.vol',
    (None, 'getCPUStats', 'total'): True, (None, 'setKeepAlive', 'count'): 0, (None, 'setTime', 'time'): {'seconds': 1, 'nseconds': 0},
    (None, 'memoryPeek', 'flags'): libvirt.VIR_MEMORY_VIRTUAL, (None, 'setUserPassword', 'password'): 'x', (None, 'rename', 'new_name'): 'sweep2',
    (None, 'restore', 'frm'): '/run/work/none', (None, 'setGuestVcpus', 'cpumap'): '0', (None, 'fSTrim', 'mountPoint'): None,
}
ODD = {int: -1, str: '', bytes: b'', list: [], dict: {'odd': 'odd'}, tuple: (), bool: False, type(None): ''}
# What would change this machine, never end, or needs a second daemon.
LEFT_OUT = {
    'close': 'at the end', 'nodeSuspendForDuration': 'would suspend the machine', 'suspendForDuration': 'would suspend the machine',
    'setIdentity': 'changes what later calls may do', 'setMemoryParameters:virConnect': 'changes the machine',
    'migrate': 'the client leads two daemons', 'migrate2': 'the client leads two daemons', 'migrate3': 'the client leads two daemons',
    'migrateToURI': 'the client leads two daemons', 'migrateToURI2': 'the client leads two daemons', 'migrateToURI3': 'the client leads two daemons',
    'processSignal': 'needs a container', 'recv:virStream': 'would wait', 'recvFlags:virStream': 'would wait', 'recvAll': 'would wait',
    'sparseRecvAll': 'would wait', 'registerCloseCallback': 'holds the connection', 'nodeDeviceDetach': 'x', 'dettach': 'takes a device from the machine',
    'detachFlags': 'takes a device from the machine', 'reset:virNodeDevice': 'resets a device of the machine', 'reAttach': 'binds a device of the machine',
    'baselineHypervisorCPU': None, 'destroy:virNodeDevice': 'removes a device', 'undefine:virNodeDevice': 'removes a device',
    'create:virNodeDevice': 'makes a device',
}
# Their values change by themselves: only their kind is shown.
CHANGES = {'getCPUStats', 'getMemoryStats', 'getFreeMemory', 'getCellsFreeMemory', 'getFreePages', 'memoryStats', 'info', 'jobInfo', 'getTime',
           'jobStats', 'vcpus', 'controlInfo', 'blockStats', 'blockStatsFlags', 'getAllDomainStats', 'domainListGetStats', 'getInfo', 'maxMemory',
           'memoryPeek', 'blockPeek', 'ID', 'lookupByID', 'listDomainsID', 'screenshot', 'getCreationTime', 'creationTime', 'c_pointer',
           'domainEventRegisterAny', 'networkEventRegisterAny', 'storagePoolEventRegisterAny', 'nodeDeviceEventRegisterAny',
           'secretEventRegisterAny', 'getMemoryParameters', 'securityLabel', 'listAllDevices', 'listDevices'}


def kind(value):
    if isinstance(value, dict):
        return '{%s}' % ', '.join('%s: %s' % (k, kind(v)) for k, v in sorted(value.items(), key=lambda x: str(x[0])))
    if isinstance(value, (list, tuple)):
        return '%s of %d' % (type(value).__name__, len(value))
    return type(value).__name__


def shown(value):
    if isinstance(value, dict):
        return '{%s}' % ', '.join('%s=%s' % (k, shown(v)) for k, v in sorted(value.items(), key=lambda x: str(x[0])))
    if isinstance(value, (list, tuple)):
        return '[%s]' % ', '.join(shown(v) for v in value)
    if hasattr(value, '_o'):
        names = [m for m in ('name', 'UUIDString', 'getName') if callable(getattr(value, m, None))]
        return '<%s %s>' % (type(value).__name__, getattr(value, names[0])() if names else '')
    return repr(value)


class Sweep:
    def __init__(self, uri):
        self.uri = uri
        self.conn = libvirt.open(uri)
        self.made = {}
        self.pipes = []

    def note(self, *args):
        return 0

    def stream(self):
        st = self.conn.newStream(libvirt.VIR_STREAM_NONBLOCK)
        self.made.setdefault('streams', []).append(st)
        return st

    def pipe(self):
        for p in self.pipes:
            os.close(p)
        self.pipes = list(os.pipe())
        return self.pipes[0]

    # ---- an object of each class, in the same state before each call
    def get(self, name):
        if not self.conn.isAlive():
            self.conn = libvirt.open(self.uri)
        return getattr(self, 'get_' + name)() if hasattr(self, 'get_' + name) else None

    def get_virConnect(self):
        return self.conn

    def get_virDomain(self):
        d = self.conn.defineXML(DOMAIN % ('sweep', UUID % 1))
        if not d.isActive():
            d.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
        return d

    def get_virNetwork(self):
        return self.conn.networkDefineXML(NET % ('sweep', UUID % 2))

    def get_virStoragePool(self):
        os.makedirs('/run/work/pool', exist_ok=True)
        p = self.conn.storagePoolDefineXML(POOL % ('sweep', UUID % 3))
        if not p.isActive():
            p.create()
        return p

    def get_virStorageVol(self):
        p = self.get_virStoragePool()
        try:
            return p.storageVolLookupByName('sweep.vol')
        except libvirt.libvirtError:
            return p.createXML(VOL)

    def get_virSecret(self):
        return self.conn.secretDefineXML(SECRET % (UUID % 4))

    def get_virNWFilter(self):
        return self.conn.nwfilterDefineXML(FILTER % ('sweep', UUID % 5))

    def get_virNodeDevice(self):
        return self.conn.nodeDeviceLookupByName('computer')

    def get_virInterface(self):
        return self.conn.interfaceLookupByName('lo')

    def get_virDomainSnapshot(self):
        d = self.get_virDomain()
        try:
            return d.snapshotLookupByName('one')
        except libvirt.libvirtError:
            return d.snapshotCreateXML(SNAPSHOT)

    def get_virDomainCheckpoint(self):
        d = self.get_virDomain()
        try:
            return d.checkpointLookupByName('one')
        except libvirt.libvirtError:
            return d.checkpointCreateXML(CHECKPOINT)

    def get_virStream(self):
        return self.conn.newStream(libvirt.VIR_STREAM_NONBLOCK)

    # ---- arguments
    def argument(self, cls, method, p):
        for key in ((cls, method, p.name), (None, method, p.name)):
            if key in SPECIAL:
                return SPECIAL[key]
        if p.name in GOOD:
            v = GOOD[p.name]
            return v(self) if callable(v) else v
        if p.default is not inspect.Parameter.empty:
            return p.default
        return '<nonsense/>' if 'xml' in p.name.lower() else 'x'

    def variants(self, cls, method, parameters):
        """Lists of arguments: good ones, a flag nobody knows, each of them odd in turn."""
        good = [self.argument(cls, method, p) for p in parameters]
        yield 'good', good
        names = [p.name for p in parameters]
        if 'flags' in names:
            i = names.index('flags')
            yield 'flags', good[:i] + [1 << 30] + good[i + 1:]
        for i, p in enumerate(parameters):
            if p.name not in ('flags', 'cb', 'opaque') and type(good[i]) in ODD and good[i] != ODD[type(good[i])]:
                yield 'odd ' + p.name, good[:i] + [ODD[type(good[i])]] + good[i + 1:]

    # ---- calls
    def call(self, cls, method, what, arguments):
        label = '%s.%s %s' % (cls, method, what)
        try:
            o = self.get(cls)
            if o is None:
                print('%s: no such object' % label)
                return
        except libvirt.libvirtError as e:
            print('%s: no object: %s %s' % (label, e.get_error_code(), re.sub(r'\s+', ' ', str(e))))
            return
        except Exception as e:
            print('%s: no object: %s %s' % (label, type(e).__name__, e))
            return
        try:
            value = getattr(o, method)(*arguments)
            print('%s: %s' % (label, kind(value) if method in CHANGES else shown(value)))
            if method.endswith('EventRegisterAny'):
                getattr(o, method.replace('RegisterAny', 'DeregisterAny'))(value)
        except libvirt.libvirtError as e:
            print('%s! %s %s %s %s' % (label, e.get_error_code(), e.get_error_domain(), e.get_error_level(),
                                       re.sub(r'\s+', ' ', str(e.get_error_message()))))
        except Exception as e:
            print('%s!! %s %s' % (label, type(e).__name__, e))
        for st in self.made.pop('streams', []):
            try:
                st.abort()
            except Exception:
                pass

    def end_transient(self):
        """What a call that makes things has left."""
        for find in ('lookupByName', 'networkLookupByName', 'storagePoolLookupByName'):
            try:
                getattr(self.conn, find)('sweep-t').destroy()
            except Exception:
                pass

    def run_class(self, cls, first=None):
        c = getattr(libvirt, cls)
        for method in sorted(m for m in dir(c) if not m.startswith('_') and callable(getattr(c, m))):
            if LEFT_OUT.get(method) or LEFT_OUT.get('%s:%s' % (method, cls)) or (first and method < first):
                continue
            parameters = list(inspect.signature(getattr(c, method)).parameters.values())[1:]
            parameters = [p for p in parameters if p.kind == inspect.Parameter.POSITIONAL_OR_KEYWORD]
            try:
                variants = list(self.variants(cls, method, parameters))
            except Exception as e:
                if not isinstance(e, libvirt.libvirtError):
                    print('%s.%s: no argument: %s %s' % (cls, method, type(e).__name__, e))
                    continue
                print('%s.%s: no argument: %s %s' % (cls, method, e.get_error_code(), re.sub(r'\s+', ' ', str(e))))
                continue
            for what, arguments in variants:
                self.call(cls, method, what, arguments)
                self.end_transient()


def clean(conn):
    try:
        domains = conn.listAllDomains()
    except Exception:
        return
    for d in domains:
        try:
            if d.isActive():
                d.destroy()
            d.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                            libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA)
        except Exception:
            pass
    for lister in ('listAllNetworks', 'listAllStoragePools', 'listAllSecrets', 'listAllNWFilters'):
        try:
            objects = getattr(conn, lister)()
        except Exception:
            continue
        for o in objects:
            for end in ('destroy', 'undefine'):
                try:
                    getattr(o, end)()
                except Exception:
                    pass


def main(uri, *args):
    libvirt.virEventRegisterDefaultImpl()
    for name in ('sweep.img', 'sweep2.img'):
        if os.path.isdir('/run/work'):
            with open('/run/work/' + name, 'wb') as f:
                f.truncate(1 << 20)
    s = Sweep(uri)
    classes = sorted(n for n in dir(libvirt) if re.match('vir[A-Z]', n) and inspect.isclass(getattr(libvirt, n)))
    wanted = args[args.index('--class') + 1] if '--class' in args else None
    first = args[args.index('--from') + 1] if '--from' in args else None
    for cls in classes:
        if wanted in (None, cls):
            s.run_class(cls, first)
            clean(s.conn)
    try:
        s.conn.close()
    except libvirt.libvirtError:
        pass


main(*sys.argv[1:])
