#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls every method of libvirt's Python binding on test:///default and tells what each answered.

testdriver_sweep.py DIRECTORY EVERY

Each method is called as intended, then with each flag alone, then with each argument replaced by odd values, every time on a
host of its own; one process per method, so that what is left of one call hardly changes another. EVERY: of so many odd calls
one is made.
"""
import hashlib
import inspect
import json
import os
import re
import resource
import sys
import zlib

import libvirt

libvirt.registerErrorHandler(lambda data, error: None, None)
libvirt.virEventRegisterDefaultImpl()
# The binding takes memory for as many results as it is asked for, before anybody looks at the number.
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
WORK = sys.argv[1] + '/'
EVERY = int(sys.argv[2])
UUID = '00000000-0000-4000-8000-000000000001'
GUEST = "<domain type='test'><name>new</name><uuid>%s</uuid><memory>100000</memory><os><type>hvm</type></os></domain>" % UUID
NETWORK = '<network><name>new</name><uuid>%s</uuid></network>' % UUID
POOL = "<pool type='dir'><name>new</name><uuid>%s</uuid><target><path>/new</path></target></pool>" % UUID
VOLUME = '<volume><name>%s</name><capacity>5</capacity></volume>'
INTERFACE = "<interface type='ethernet' name='new'><start mode='none'/></interface>"
DEVICE = """<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012341235</wwnn>
<wwpn>1000000012341235</wwpn></capability></capability></device>"""
DOCUMENTS = {
    'defineXML': GUEST, 'defineXMLFlags': GUEST, 'createLinux': GUEST, 'createXMLWithFiles': GUEST,
    'networkDefineXML': NETWORK, 'networkDefineXMLFlags': NETWORK, 'networkCreateXML': NETWORK, 'networkCreateXMLFlags': NETWORK,
    'storagePoolDefineXML': POOL, 'storagePoolCreateXML': POOL, 'interfaceDefineXML': INTERFACE, 'nodeDeviceCreateXML': DEVICE,
    'snapshotCreateXML': '<domainsnapshot><name>new</name></domainsnapshot>',
    'checkpointCreateXML': '<domaincheckpoint><name>new</name></domaincheckpoint>',
    'update': "<host mac='52:54:00:00:00:cc' name='h3' ip='192.168.122.9'/>",
}
# What a good call passes, by the argument's name.
GOOD = {
    'flags': 0, 'name': 'test', 'uuidstr': '6695eb01-f6a4-8304-79aa-97f2502e193f',
    'uuid': bytes.fromhex('6695eb01f6a4830479aa97f2502e193f'), 'id': 1, 'pages': [4], 'startCell': 0, 'cellCount': 1, 'maxCells': 2,
    'cpuNum': -1, 'cellNum': -1, 'type': 0, 'arch': 'i686', 'xmlCPUs': ['<cpu/>'], 'frm': WORK + 'none', 'file': WORK + 'none',
    'to': WORK + 'out', 'path': 'vda', 'disk': 'vda', 'device': 'testnet0', 'memory': 100000, 'nvcpus': 1, 'vcpu': 0,
    'cpumap': (True, False), 'iothread_id': 3, 'iothread_val': 3, 'new_name': 'ren', 'period': 3, 'uri': None, 'key': None,
    'metadata': 'text', 'state': 0, 'codeset': 0, 'holdtime': 1, 'keycodes': [30], 'nkeycodes': 1, 'pid_value': 1, 'signum': 9,
    'user': 'root', 'password': 'x', 'source': 0, 'start': 0, 'offset': 0, 'size': 10, 'total': True, 'mountPoint': None,
    'minimum': 0, 'mountpoints': None, 'action': 1, 'autostart': 1, 'dumpformat': 0, 'command': 3, 'section': 4, 'parentIndex': -1,
    'cap': None, 'interval': 5, 'count': 3, 'screen': 0, 'idx': 0, 'macstr': 'aa:bb:cc:dd:ee:ff', 'srcSpec': None, 'callbackID': 5,
    'eventID': 0, 'opaque': None, 'params': {}, 'time': {'seconds': 1, 'nseconds': 2}, 'mac': None, 'types': 0, 'stats': 0,
    'dxml': None, 'emulator': None, 'machine': None, 'virttype': None, 'emulatorbin': None, 'seconds': 1, 'target': 0,
    'duration': 60, 'bandwidth': 1, 'alias': 'x', 'nbytes': 10, 'data': b'x', 'length': 10, 'capacity': 5, 'algorithm': 0,
    'threshold': 1, 'timeout': 1, 'events': 1, 'value': b'v', 'wwnn': '2000000012341234', 'wwpn': '1000000012341234', 'usageType': 1,
    'usageID': 'x', 'vcpumap': '0', 'downtime': 1, 'cacheSize': 1, 'base': None, 'top': None, 'backupXML': '<domainbackup/>',
    'checkpointXML': None, 'dev_name': None, 'nativeFormat': 'qemu-argv', 'nativeConfig': 'x', 'domainXml': GUEST,
}
# ... and where one method wants something else.
SPECIAL = {
    'networkLookupByName name': 'default', 'interfaceLookupByName name': 'eth1', 'storagePoolLookupByName name': 'default-pool',
    'nodeDeviceLookupByName name': 'computer', 'storageVolLookupByName name': 'x', 'storageVolLookupByPath path': '/default-pool/v',
    'findStoragePoolSources type': 'logical', 'getMaxVcpus type': None, 'memoryPeek flags': 1, 'snapshotLookupByName name': 'x',
    'networkLookupByUUIDString uuidstr': 'dd8fe884-6c02-601e-7551-cca97df1c5df', 'interfaceStats path': 'testnet0',
    'storagePoolLookupByUUIDString uuidstr': 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
    'setMemoryParameters params': {'hard_limit': 5000}, 'setNumaParameters params': {'numa_mode': 0, 'numa_nodeset': '0'},
    'setBlkioParameters params': {'weight': 5}, 'setInterfaceParameters params': {'inbound.average': 5},
    'setSchedulerParameters params': {'weight': 5}, 'setSchedulerParametersFlags params': {'weight': 5},
    'setBlockIoTune params': {'total_bytes_sec_max': 5}, 'setPerfEvents params': {'cmt': True},
    'setIOThreadParams params': {'poll_max_ns': 5},
}
ODD = {
    int: (-1, 0, 1, 2, 5, 99, 2 ** 31 - 1), str: ('', 'nix', 'a/b'), bytes: (b'', b'\0' * 16), list: ([],), dict: ({}, {'odd': 1}),
    tuple: ((), (False, False), (True,) * 40), bool: (False,), type(None): ('x',),
}
# The binding's own loops, and what needs two hosts or stays registered.
LEFT_OUT = {
    'close', 'ref', 'c_pointer', 'registerCloseCallback', 'unregisterCloseCallback', 'recvAll', 'sparseRecvAll', 'sendAll',
    'sparseSendAll', 'migrate', 'migrate2', 'migrate3', 'eventAddCallback', 'connect',
}
GROWS = {'vcpus', 'info', 'interfaceStats', 'blockStats', 'getTime'}  # with the clock
CHANGES = ('set', 'pin', 'add', 'del', 'rename', 'attach', 'update', 'snapshotC')


class Host:
    def __init__(self):
        self.c = libvirt.open('test:///default')

    def get(self, cls):
        return getattr(self, cls)()

    def virConnect(self):
        return self.c

    def virDomain(self):
        return self.c.lookupByName('test')

    def virNetwork(self):
        return self.c.networkLookupByName('default')

    def virInterface(self):
        return self.c.interfaceLookupByName('eth1')

    def virStoragePool(self):
        return self.c.storagePoolLookupByName('default-pool')

    def virStorageVol(self):
        return self.virStoragePool().createXML(VOLUME % 'vol')

    def virNodeDevice(self):
        return self.c.nodeDeviceLookupByName('scsi_host1')

    def virDomainSnapshot(self):
        return self.virDomain().snapshotCreateXML('<domainsnapshot><name>s</name></domainsnapshot>')

    def virDomainCheckpoint(self):
        return self.virDomain().checkpointCreateXML('<domaincheckpoint><name>k</name></domaincheckpoint>')

    def virStream(self):
        return self.c.newStream(0)


OBJECTS = {
    'st': 'virStream', 'stream': 'virStream', 'dom': 'virDomain', 'net': 'virNetwork', 'pool': 'virStoragePool', 'dev': 'virNodeDevice',
    'snap': 'virDomainSnapshot', 'clonevol': 'virStorageVol', 'dconn': 'virConnect',
}


def good(host, cls, method, p):
    key = '%s %s' % (method, p.name)
    if key in SPECIAL:
        return SPECIAL[key]
    if p.name in OBJECTS:
        return host.get(OBJECTS[p.name])
    if p.name == 'xmlDescSource' or (p.name.lower().startswith('xml') and p.name != 'xmlCPUs'):
        if cls == 'virStoragePool':
            return VOLUME % 'newvol'
        return GUEST if method == 'createXML' else DOCUMENTS.get(method, '<x/>')
    if p.name == 'doms':
        return [host.virDomain()]
    if p.name == 'secret':
        return None
    if p.name == 'files':
        return []
    if p.name in ('cb', 'handler') or p.name.endswith('Handler'):
        return lambda *a: 0
    if p.name in GOOD:
        return GOOD[p.name]
    return 'x' if p.default is p.empty else p.default


def shown(v, method):
    if isinstance(v, dict):
        return '{%s}' % ', '.join('%s=%s' % (k, shown(x, method)) for k, x in sorted(v.items(), key=str))
    if isinstance(v, (list, tuple)):
        rows = [shown(x, method) for x in v]
        return '[%s]' % ', '.join(sorted(rows) if method.startswith('list') else rows)
    if hasattr(v, '_o'):
        for n in ('name', 'getName', 'UUIDString'):
            if hasattr(v, n):
                return '<%s %s>' % (type(v).__name__, re.sub(r'^\d{8,}$', 'SECONDS', getattr(v, n)()))
        return '<%s>' % type(v).__name__
    return re.sub(r'\d{8,}', 'N', repr(v)) if method in GROWS else repr(v)


def steady(text):
    if len(text) > 20000:
        return '%d bytes, %s' % (len(text), hashlib.sha256(text.encode()).hexdigest())
    text = re.sub(r'52:54:00:(?!00:00:)[0-9a-f:]{8}', 'MAC', text)
    text = re.sub(r'(?<=<creationTime>)\d+', 'T', text)
    return re.sub(r'0x[0-9a-f]{8,}', 'PTR', text)


def call(cls, method, what, at, value, active):
    told = '%s.%s %s%s' % (cls, method, what, '' if active else ' off')
    if at is not None and zlib.crc32(told.encode()) % EVERY:
        return
    host = Host()
    error = None
    out = ''
    try:
        o = host.get(cls)
        if not active:
            host.virDomain().destroy()
        f = getattr(o, method)
        args = [good(host, cls, method, p) for p in inspect.signature(f).parameters.values()]
        if at is not None:
            args[at] = value
        out = shown(f(*args), method)
        if cls == 'virDomain' and method.startswith(CHANGES):
            out += host.virDomain().XMLDesc(0) + host.virDomain().XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    except libvirt.libvirtError as e:
        error = list(e.err[:3]) + list(e.err[4:8]) if e.err else [str(e)]
    except Exception as e:  # pylint: disable=broad-except
        out = '%s %s' % (type(e).__name__, e)  # the binding's own rules
    print(json.dumps([told, error or steady(out)]))
    try:
        host.c.close()
    except libvirt.libvirtError:
        pass


def sweep(cls, method, params):
    host = Host()
    for active in (True, False) if cls == 'virDomain' else (True,):
        call(cls, method, 'as intended', None, None, active)
        for i, p in enumerate(params):
            if p.name == 'flags':
                for flags in [1 << bit for bit in range(32)] + [3]:
                    call(cls, method, 'flags=%#x' % flags, i, flags, active)
                continue
            try:
                usual = good(host, cls, method, p)
            except libvirt.libvirtError:
                continue
            for v in ODD.get(type(usual), ()):
                if v != usual and not (p.name == 'size' and v == 2 ** 31 - 1):
                    call(cls, method, '%s=%s' % (p.name, v if not isinstance(v, tuple) else len(v)), i, v, active)


def main():
    os.chdir(WORK)
    for cls in ('virConnect', 'virDomain', 'virNetwork', 'virInterface', 'virStoragePool', 'virStorageVol', 'virNodeDevice',
                'virDomainSnapshot', 'virDomainCheckpoint', 'virStream'):
        for method in sorted(dir(getattr(libvirt, cls))):
            f = getattr(getattr(libvirt, cls), method)
            if method.startswith('_') or method in LEFT_OUT or not callable(f):
                continue
            params = list(inspect.signature(f).parameters.values())[1:]
            if any(p.kind != p.POSITIONAL_OR_KEYWORD for p in params):
                continue
            sys.stdout.flush()
            child = os.fork()
            if not child:
                sweep(cls, method, params)
                sys.stdout.flush()
                os._exit(0)
            status = os.waitpid(child, 0)[1]
            if status:
                print(json.dumps(['%s.%s' % (cls, method), 'died: %d' % status]))


main()
