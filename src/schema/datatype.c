/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datatypes of values, by name. Patterns are written so that POSIX extended expressions and XML Schema agree; both must
 * match the whole text.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "shape.h"

#include <limits.h>
#include <regex.h>
#include <string.h>
#include "base/str.h"

#define OCTET "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
#define IPV4 "(" OCTET "\\.){3}" OCTET
#define IPV6 "[0-9a-fA-F:]*:[0-9a-fA-F:]*(" IPV4 ")?"
#define TARGET "(ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+"
#define PATH "(/|[a-zA-Z]:\\\\).+"

#define VAR "([$][a-zA-Z0-9_]*(\\[[ ]*@?[ ]*[0-9]+[ ]*\\][ ]*)?)|"
#define NUMBER "[ ]*[+]?(0[xX][0-9a-fA-F]+|[0-9]+)"

static const struct vr_datatype types[] = {
    { "objectName", "string", "[^/\n]+", .samples = { "guest 1", "b&c" } },
    { "UUID", "string", "[a-fA-F0-9]{32}|[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}",
      .samples = { "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f", "C7A5FDBDEDAF9455926AD65C16DB1809" } },
    { "octalMode", "string", "[0-7]+", .samples = { "0644", "0" } },
    { "userId", "string", "-1|[0-9]+", .samples = { "107", "4294967294" } },
    { "absFilePath", "string", PATH, .samples = { "/var/lib/a b", "/x" } },
    { "dirPath", "string", ".+", .samples = { "share/x", "/srv" } },
    { "poolFormat", "string", "[a-zA-Z0-9+-]+", .samples = { "nfs", "hfs+" } },
    { "volumeFormat", "string", "[a-zA-Z0-9+-]+", .samples = { "qcow2", "raw" } },
    { "volName", "string", "[^/]+", .samples = { "a.img", "b" } },
    { "compatLevel", "string", "[0-9]+\\.[0-9]+", .samples = { "1.1", "0.10" } },
    { "timestamp", "string", "[0-9]+(\\.[0-9]{0,9})?", .samples = { "1.5", "7" } },
    { "unit", "string", "([bB]([yY][tT][eE][sS]?)?)|([kKmMgGtTpPeE]([iI]?[bB])?)", .samples = { "KiB", "GB" } },
    { "deviceName", "string", "[a-zA-Z0-9_.\\\\:/-]+", .samples = { "eth0.1", "br-1" } },
    { "macAddr", "string", "[a-fA-F0-9]{2}(:[a-fA-F0-9]{2}){5}", .samples = { "52:54:00:01:02:03", "aa:bb:CC:00:11:22" } },
    { "ipAddr", "string", "(" IPV4 ")|(" IPV6 ")", .samples = { "192.168.1.2", "fe80::1" } },
    { "timeval", "double", "[0-9.eE+-]+", .samples = { "0.5", "2" } },
    { "vlanId", "unsignedInt", NULL, true, 0, 4095, .samples = { "7", "4095" } },
    { "positiveInteger", "positiveInteger", "[0-9]+", .samples = { "1", "77" } },
    { "wwn", "string", "(0x)?[0-9a-fA-F]{16}", .samples = { "20000000c9831b4b", "0x10000000c9831b4b" } },
    { "diskName", "string", "(" TARGET ")|(" PATH ")", .samples = { "vda", "/dev/sdb" } },
    { "diskTarget", "string", TARGET, .samples = { "sda", "vdb" } },
    { "checkpointName", "string", "[a-zA-Z0-9_-][a-zA-Z0-9_.-]*", .samples = { "c-1.2", "9" } },
    { "cpuset", "string", "([0-9]+(-[0-9]+)?|\\^[0-9]+)(,([0-9]+(-[0-9]+)?|\\^[0-9]+))*", .samples = { "0-3", "1,^1" } },
    { "unsignedNumber", "string", "(0x[0-9a-fA-F]+)|[0-9]+", .samples = { "0x1f", "12" } },
    { "hexNumber", "string", "(0x)?[0-9a-fA-F]+", .samples = { "0xff", "a1" } },
    { "hostAddressType", "string", "pci|usb", .samples = { "pci", "usb" } },
    { "anyInteger", "string", "-?(0[xX][0-9a-fA-F]+|[0-9]+)", .samples = { "-1", "0x1f" } },
    { "integer", "integer", NULL, .samples = { "-5", "6" } },
    { "unsignedInt", "unsignedInt", "[0-9]+", .samples = { "3", "4294967295" } },
    { "nwMac", "string", VAR "[a-fA-F0-9]{1,2}(:[a-fA-F0-9]{1,2}){5}",
      .samples = { "01:02:03:04:05:06", "$MAC" } },
    { "nwMacMask", "string", VAR "[a-fA-F0-9]{1,2}(:[a-fA-F0-9]{1,2}){5}",
      .samples = { "ff:ff:ff:00:00:00", "$MASK[@1]" } },
    { "nwIpv4", "string", VAR "([0-9a-fA-FxX]+\\.){0,3}[0-9a-fA-FxX]+",
      .samples = { "10.1.2.3", "$IP" } },
    { "nwIpv6", "string", VAR IPV6,
      .samples = { "a:b::1", "$IP[2]" } },
    { "nwMask4", "string", VAR "([0-9]+\\.){0,3}[0-9]+", true, 0, 32ll,
      .samples = { "24", "$M" } },
    { "nwMask6", "string", VAR "[0-9]+|" IPV6, true, 0, 128ll,
      .samples = { "64", "$M" } },
    { "nw8", "string", VAR NUMBER, true, 0, 255ll,
      .samples = { "255", "0x12" } },
    { "nw16", "string", VAR NUMBER, true, 0, 65535ll,
      .samples = { "65535", "0x1234" } },
    { "nw32", "string", VAR NUMBER, true, 0, 4294967295ll,
      .samples = { "4294967295", "$N" } },
    { "nw6", "string", VAR NUMBER, true, 0, 63ll,
      .samples = { "63", "0x3f" } },
    { "nw12", "string", VAR NUMBER, true, 0, 4095ll,
      .samples = { "4095", "0xfff" } },
    { "nwFrame", "string", VAR NUMBER "|[a-zA-Z0-9]+", true, 1536, 65535,
      .samples = { "arp", "0x9000" } },
    { "nwIpProtocol", "string", VAR NUMBER "|[a-zA-Z0-9]+", true, 0, 255ll,
      .samples = { "tcp", "200" } },
    { "nwOpcode", "string", VAR NUMBER "|[a-zA-Z_]+", true, 0, 65535ll,
      .samples = { "Request", "77" } },
    { "nwBool", "string", "yes|no|true|false|1|0",
      .samples = { "true", "false" } },
    { "nwStatematch", "string", "[Ff][Aa][Ll][Ss][Ee]|0",
      .samples = { "false", "0" } },
    { "nwState", "string", "[a-zA-Z]*(,[a-zA-Z]+)*",
      .samples = { "NEW,ESTABLISHED", "NONE" } },
    { "nwTcpFlags", "string", "[a-zA-Z,]+/[a-zA-Z,]*",
      .samples = { "SYN/ALL", "NONE/ALL" } },
    { "nwIpset", "string", VAR "[a-zA-Z0-9_.:+ -]{0,31}",
      .samples = { "set.1", "$SET" } },
    { "nwIpsetFlags", "string", "([sS][rR][cC]|[dD][sS][tT])(,([sS][rR][cC]|[dD][sS][tT])){0,5}",
      .samples = { "src", "src,dst" } },
    { "nwComment", "string", "(.|\n)*",
      .samples = { "it's", "a & b" } },
    { "chainName", "string", "root|(mac|vlan|stp|arp|rarp|ipv4|ipv6)[a-zA-Z0-9_.:-]*",
      .samples = { "root", "arp-x" } },
    { "filterParamName", "string", "[a-zA-Z0-9_]+",
      .samples = { "IP", "MAC" } },
    { "filterParamValue", "string", "[a-zA-Z0-9_.:]+",
      .samples = { "10.0.0.1", "x" } },
    { "unsignedLong", "unsignedLong", "[0-9]+", .samples = { "3", "18446744073709551615" } },
};

const struct vr_datatype *vr_datatype_find(const char *name)
{
    for (size_t i = 0; i < VR_COUNT(types); i++)
        if (vr_streq(types[i].name, name))
            return &types[i];
    return NULL;
}

const char *const *vr_row_words(const struct vr_row *row)
{
    static const char *const yes_no[] = { "yes", "no", NULL }, *const on_off[] = { "on", "off", NULL };
    switch ((enum vr_row_kind)row->kind) {
    case VR_K_STR: return row->more->words;
    case VR_K_ENUM: return (const char *const *)row->aux + 1;
    case VR_K_YESNO:
    case VR_K_BOOL: return yes_no;
    case VR_K_ONOFF: return on_off;
    default: return NULL;
    }
}

const struct vr_datatype *vr_row_datatype(const struct vr_row *row)
{
    const char *name = row->more->type;
    if (!name)
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_UUID: name = "UUID"; break;
        case VR_K_UINT:
        case VR_K_OUINT:
            name = row->more->radix == VR_RADIX_ANY ? "unsignedNumber" : row->more->radix == 16 ? "hexNumber" : "unsignedInt";
            break;
        case VR_K_U64:
        case VR_K_OU64:
            name = row->more->radix == VR_RADIX_ANY ? "unsignedNumber" : row->more->radix == 16 ? "hexNumber" : "unsignedLong";
            break;
        case VR_K_SIZE:
        case VR_K_OSIZE: name = "unsignedLong"; break;
        case VR_K_OINT:
        case VR_K_OI64: name = row->more->radix ? "anyInteger" : "integer"; break;
        case VR_K_CODEC: name = ((const struct vr_codec_ops *)row->aux)->type; break;
        default: break;
        }
    return name ? vr_datatype_find(name) : NULL;
}

bool vr_datatype_accepts(const struct vr_datatype *type, const char *text)
{
    int64_t v;
    bool hex = vr_starts_with(text, "0x");
    if (type->has_range && vr_text_i64(text, hex ? 16 : 10, INT64_MIN, INT64_MAX, &v) &&
        (v < type->min || (v > 0 && (uint64_t)v > type->max)))
        return false;
    if (!type->pattern)
        return true;
    regex_t re;
    vr_autobuf struct vr_buf whole = VR_BUF_INIT;
    vr_buf_printf(&whole, "^(%s)$", type->pattern);
    if (regcomp(&re, whole.data, REG_EXTENDED | REG_NOSUB))
        return true;
    bool good = regexec(&re, text, 0, NULL, 0) == 0;
    regfree(&re);
    return good;
}

bool vr_row_accepts(struct vr_arena *scratch, const struct vr_row *row, const char *text)
{
    if (!*text && row->more->unless_empty)
        return true;
    const char *const *words = vr_row_words(row);
    if (words)
        return vr_name_index(words, text) >= 0;
    const struct vr_datatype *type = vr_row_datatype(row);
    if (type && !vr_datatype_accepts(type, text))
        return false;
    /* read into nothing: the member's bytes at the front, its presence flag behind */
    union {
        char bytes[96];
        uint64_t align;
    } member = { { 0 } };
    struct vr_row alone = *row;
    struct vr_row_more more = *row->more;
    alone.offset = 0;
    more.has = sizeof(member.bytes) - 1;
    alone.more = &more;
    const char *why;
    return vr_row_read(scratch, &alone, text, NULL, member.bytes, &why) || row->kind == VR_K_STRS;
}
