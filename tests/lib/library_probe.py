#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvirt-python answers, one line per call: run it with two libraries and compare.

library_probe.py URI [ro]: prints `name: value` or `name! code domain level message`. Values that differ from moment to
moment (times, addresses) are left out by their names.
"""
import sys
import threading

import libvirt
import libvirt_qemu

libvirt.registerErrorHandler(lambda data, error: None, None)
XML = """<domain type='qemu'><name>%s</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>
<vcpu>2</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<serial type='pty'/><memballoon model='virtio'/></devices></domain>"""
NET = "<network><name>probe</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1810</uuid></network>"


def shown(value):
    if isinstance(value, dict):
        return '{%s}' % ', '.join('%s=%s' % (k, shown(v)) for k, v in sorted(value.items(), key=lambda x: str(x[0])))
    if isinstance(value, (list, tuple)):
        return '[%s]' % ', '.join(shown(v) for v in value)
    if hasattr(value, 'name') and callable(value.name):
        return '<%s %s>' % (type(value).__name__, value.name())
    if hasattr(value, '_o'):
        return '<%s>' % type(value).__name__
    return repr(value)


def ask(name, f, *args):
    try:
        value = f(*args)
        if name not in ('freeMemory', 'getMemoryStats', 'getCPUStats', 'getCellsFreeMemory', 'getFreePages', 'domain info'):
            print('%s: %s' % (name, shown(value)))
        return value
    except libvirt.libvirtError as e:
        print('%s! %s %s %s %s' % (name, e.get_error_code(), e.get_error_domain(), e.get_error_level(), e.get_error_message()))
    except Exception as e:
        print('%s!! %s %s' % (name, type(e).__name__, e))
    return None


def about_connection(c):
    for m in ('getType', 'getVersion', 'getLibVersion', 'getHostname', 'getURI', 'getCapabilities', 'getInfo', 'isAlive', 'isSecure',
              'isEncrypted', 'numOfDomains', 'numOfDefinedDomains', 'listDomainsID', 'listDefinedDomains', 'listAllDomains',
              'numOfNetworks', 'listNetworks', 'listDefinedNetworks', 'listAllNetworks', 'listStoragePools', 'listAllStoragePools',
              'listAllInterfaces', 'listInterfaces', 'listSecrets', 'listAllSecrets', 'listNWFilters', 'listAllNWFilters',
              'listAllNWFilterBindings', 'getFreeMemory', 'getCellsFreeMemory', 'getSecurityModel', 'getSEVInfo',
              'getMemoryParameters', 'getCPUMap', 'getAllDomainStats', 'getStoragePoolCapabilities', 'getDomainCapabilities'):
        name = 'freeMemory' if m == 'getFreeMemory' else m
        ask(name, getattr(c, m), *((0, 4) if m == 'getCellsFreeMemory' else ()))
    ask('getMemoryStats', c.getMemoryStats, -1)
    ask('getCPUStats', c.getCPUStats, -1)
    ask('getFreePages', c.getFreePages, [4], 0, 1)
    ask('getMaxVcpus', c.getMaxVcpus, 'qemu')
    ask('getSysinfo', c.getSysinfo)
    ask('getCPUModelNames', c.getCPUModelNames, 'x86_64')
    ask('getCPUModelNames', c.getCPUModelNames, 'nonsense')
    ask('numOfDevices', c.numOfDevices, 'system')
    ask('compareCPU', c.compareCPU, '<cpu/>')
    ask('lookupByName', c.lookupByName, 'nobody')
    ask('lookupByID', c.lookupByID, 4711)
    ask('lookupByUUIDString', c.lookupByUUIDString, '00000000-0000-0000-0000-000000000001')
    ask('lookupByUUIDString', c.lookupByUUIDString, 'no uuid')
    ask('networkLookupByName', c.networkLookupByName, 'nobody')
    ask('storagePoolLookupByName', c.storagePoolLookupByName, 'nobody')
    ask('nodeDeviceLookupByName', c.nodeDeviceLookupByName, 'nobody')
    ask('secretLookupByUUIDString', c.secretLookupByUUIDString, '00000000-0000-0000-0000-000000000001')
    ask('nwfilterLookupByName', c.nwfilterLookupByName, 'nobody')
    ask('interfaceLookupByName', c.interfaceLookupByName, 'nobody')
    ask('defineXML', c.defineXML, '<nonsense')
    ask('createXML', c.createXML, '<domain/>')


def about_domain(c, d):
    ask('XMLDesc', d.XMLDesc)
    for m in ('name', 'UUIDString', 'ID', 'OSType', 'info', 'state', 'isActive', 'isPersistent', 'isUpdated', 'autostart', 'maxMemory',
              'maxVcpus', 'vcpusFlags', 'hasManagedSaveImage', 'hasCurrentSnapshot', 'listAllSnapshots', 'snapshotNum', 'snapshotListNames',
              'listAllCheckpoints', 'jobInfo', 'jobStats', 'controlInfo', 'schedulerType', 'schedulerParameters', 'memoryParameters',
              'blkioParameters', 'numaParameters', 'perfEvents', 'memoryStats', 'vcpus', 'vcpuPinInfo', 'emulatorPinInfo', 'ioThreadInfo',
              'securityLabel', 'securityLabelList', 'diskErrors', 'getTime', 'hostname', 'fsInfo', 'guestVcpus', 'guestInfo', 'messages',
              'launchSecurityInfo', 'abortJob', 'suspend', 'resume', 'shutdown', 'reset', 'backupGetXMLDesc', 'authorizedSSHKeysGet'):
        args = {'guestInfo': (0,), 'authorizedSSHKeysGet': ('root',), 'vcpusFlags': (2,)}.get(m, ())
        name = 'domain info' if m in ('info', 'memoryStats', 'vcpus', 'controlInfo', 'jobInfo') and d.isActive() else m
        if hasattr(d, m):
            ask(name, getattr(d, m), *args)
    ask('metadata', d.metadata, libvirt.VIR_DOMAIN_METADATA_TITLE, None)
    ask('setMetadata', d.setMetadata, libvirt.VIR_DOMAIN_METADATA_TITLE, 'a title', None, None, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    ask('metadata', d.metadata, libvirt.VIR_DOMAIN_METADATA_TITLE, None)
    ask('setAutostart', d.setAutostart, 1)
    ask('autostart', d.autostart)
    ask('blockInfo', d.blockInfo, 'sda')
    ask('blockStats', d.blockStats, 'sda')
    ask('blockStatsFlags', d.blockStatsFlags, 'sda')
    ask('blockJobInfo', d.blockJobInfo, 'sda')
    ask('blockIoTune', d.blockIoTune, 'sda')
    ask('blockPeek', d.blockPeek, 'sda', 0, 512)
    ask('interfaceStats', d.interfaceStats, 'vnet0')
    ask('interfaceParameters', d.interfaceParameters, 'vnet0')
    ask('interfaceAddresses', d.interfaceAddresses, 0)
    ask('setMemoryFlags', d.setMemoryFlags, 65536, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    ask('setVcpusFlags', d.setVcpusFlags, 1, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    ask('setSchedulerParameters', d.setSchedulerParametersFlags, {'cpu_shares': 100}, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    ask('pinVcpu', d.pinVcpuFlags, 0, (True,), libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    ask('sendKey', d.sendKey, 0, 0, [30], 1, 0)
    ask('snapshotLookupByName', d.snapshotLookupByName, 'nobody')
    ask('getCPUStats', d.getCPUStats, True)
    ask('migrateToURI3', d.XMLDesc, libvirt.VIR_DOMAIN_XML_SECURE | libvirt.VIR_DOMAIN_XML_INACTIVE)
    ask('qemuMonitorCommand', libvirt_qemu.qemuMonitorCommand, d, '{"execute":"query-name"}', 0)
    ask('domainListGetStats', c.domainListGetStats, [d], libvirt.VIR_DOMAIN_STATS_STATE)


def main(uri, readonly):
    c = libvirt.openReadOnly(uri) if readonly else libvirt.open(uri)
    about_connection(c)
    d = ask('defineXML', c.defineXML, XML % 'probe')
    if d:
        about_domain(c, d)
        ask('rename', d.rename, 'probe2')
        d = c.lookupByUUIDString('c7a5fdbd-edaf-9455-926a-d65c16db1809')
        ask('create', d.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)
        if d.isActive():
            about_domain(c, d)
            ask('listAllDomains', c.listAllDomains, libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
            ask('destroy', d.destroy)
            ask('ID', d.ID)
        ask('create', d.create)
        ask('ID is positive', lambda: d.ID() > 0)
        ask('destroyFlags', d.destroyFlags, 0)
        ask('undefine', d.undefine)
        ask('undefine', d.undefine)
    n = ask('networkDefineXML', c.networkDefineXML, NET)
    if n:
        for m in ('name', 'UUIDString', 'isActive', 'isPersistent', 'XMLDesc', 'autostart', 'DHCPLeases', 'bridgeName', 'listAllPorts'):
            ask(m, getattr(n, m))
        ask('undefine', n.undefine)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append([c.getHostname() == h for _ in range(100)]))
               for h in [c.getHostname()] for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print('threads: %s' % all(all(a) for a in answers))
    print('close: %d' % c.close())


main(sys.argv[1], 'ro' in sys.argv[2:])
