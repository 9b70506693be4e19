/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host that programs find at test:///default: names, identifiers and sizes are the ones they know. */
#include "internal.h"

#define SCSI_HOST(number, parent, unique, wwnn, wwpn, fabric, more)                                                    \
    "<device><name>scsi_host" number "</name><parent>" parent "</parent><capability type='scsi_host'><host>" number    \
    "</host><unique_id>" unique "</unique_id><capability type='fc_host'><wwnn>" wwnn "</wwnn><wwpn>" wwpn "</wwpn>"     \
    "<fabric_wwn>" fabric "</fabric_wwn></capability>" more "</capability></device>"
#define VPORTS "<capability type='vport_ops'><max_vports>0</max_vports><vports>0</vports></capability>"

const char vr_test_default[] =
    "<node>"
    "<domain type='test'><name>test</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
    "<memory>8388608</memory><currentMemory>2097152</currentMemory><vcpu>2</vcpu><os><type>hvm</type></os>"
    "<devices>"
    "<disk type='file'><source file='/guest/diskimage1'/><target dev='vda' bus='virtio'/>"
    "<address type='pci' domain='0' bus='1' slot='0' function='0'/></disk>"
    "<interface type='network'><mac address='aa:bb:cc:dd:ee:ff'/><source network='default'/><target dev='testnet0'/>"
    "<address type='pci' domain='0' bus='0' slot='1' function='0'/></interface>"
    "<memballoon model='virtio'><address type='pci' domain='0' bus='0' slot='2' function='0'/></memballoon>"
    "</devices></domain>"
    "<network><name>default</name><uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid><bridge name='virbr0'/><forward/>"
    "<ip address='192.168.122.1' netmask='255.255.255.0'>"
    "<dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>"
    "<interface type='ethernet' name='eth1'><start mode='onboot'/><mac address='aa:bb:cc:dd:ee:ff'/>"
    "<mtu size='1492'/><protocol family='ipv4'><ip address='192.168.0.5' prefix='24'/>"
    "<route gateway='192.168.0.1'/></protocol></interface>"
    "<pool type='dir'><name>default-pool</name><uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>"
    "<target><path>/default-pool</path></target></pool>"
    "<device><name>computer</name><capability type='system'><hardware><vendor>Libvirt</vendor>"
    "<version>Test driver</version><serial>123456</serial><uuid>11111111-2222-3333-4444-555555555555</uuid></hardware>"
    "<firmware><vendor>Libvirt</vendor><version>Test Driver</version><release_date>01/22/2007</release_date>"
    "</firmware></capability></device>"
    SCSI_HOST("1", "computer", "0", "2000000012341234", "1000000012341234", "2000000043214321", VPORTS)
    SCSI_HOST("2", "computer", "1", "2000000056785678", "1000000056785678", "2000000087658765", VPORTS)
    SCSI_HOST("11", "scsi_host1", "10", "2000000034563456", "1000000034563456", "2000000043214321", "")
    "</node>";
