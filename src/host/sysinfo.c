/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the firmware says of the machine (SMBIOS), as <sysinfo>. The table is firmware's, so every length and index in
 * it is doubted. Texts are those that dmidecode prints, since that is what documents have always held.
 */
#define VR_ERROR_DOMAIN VIR_FROM_SYSINFO
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "node.h"
#include "sysfile.h"

#define TABLES "/sys/firmware/dmi/tables/"
#define MAX_STRUCTURES 4096
#define MAX_MODULES 1024

enum {
    BIOS = 0,
    SYSTEM = 1,
    BASE_BOARD = 2,
    CHASSIS = 3,
    PROCESSOR = 4,
    OEM_STRINGS = 11,
    MEMORY = 17,
    END_OF_TABLE = 127
};

/* One structure: `len` formatted bytes, then texts that end with NUL each, then one more NUL. */
struct smbios {
    const unsigned char *at;
    size_t len;
    const char *texts, *end;
};

static unsigned byte_at(const struct smbios *s, size_t offset)
{
    return offset < s->len ? s->at[offset] : 0;
}
static unsigned word_at(const struct smbios *s, size_t offset)
{
    return byte_at(s, offset) | byte_at(s, offset + 1) << 8;
}

/* The nth text of a structure, from 1. NULL when it has fewer. */
static const char *nth_text(const struct smbios *s, unsigned n)
{
    const char *text = s->texts;
    while (n && --n && text < s->end && *text)
        text += strnlen(text, (size_t)(s->end - text)) + 1;
    return text < s->end && *text ? text : NULL;
}

/* The text whose number stands at an offset; NULL: the structure is too short to have it. */
static const char *text_at(const struct smbios *s, size_t offset)
{
    unsigned n = byte_at(s, offset);
    if (offset >= s->len)
        return NULL;
    const char *text = n ? nth_text(s, n) : NULL;
    return text ? text : "Not Specified";
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

static void add_escaped(struct vr_buf *b, const char *text)
{
    size_t len = strlen(text);
    while (len && text[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '<')
            vr_buf_str(b, "&lt;");
        else if (c == '>')
            vr_buf_str(b, "&gt;");
        else if (c == '&')
            vr_buf_str(b, "&amp;");
        else
            vr_buf_char(b, c >= 0x20 && c < 0x7f ? (char)c : '.');
    }
}

static void add_entry(struct vr_buf *b, const char *name, const char *text)
{
    if (!text)
        return;
    vr_buf_printf(b, "    <entry name='%s'>", name);
    add_escaped(b, text);
    vr_buf_str(b, "</entry>\n");
}

struct field {
    const char *name;
    unsigned char offset;
};
static void add_texts(struct vr_buf *b, const struct smbios *s, const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_entry(b, fields[i].name, text_at(s, fields[i].offset));
}

/* ---- the kinds ---------------------------------------------------------------------------------------------- */

static void add_bios(struct vr_buf *b, const struct smbios *s)
{
    static const struct field fields[] = { { "vendor", 0x04 }, { "version", 0x05 }, { "date", 0x08 } };
    vr_buf_str(b, "  <bios>\n");
    add_texts(b, s, fields, VR_COUNT(fields));
    if (s->len > 0x15 && byte_at(s, 0x14) != 0xff && byte_at(s, 0x15) != 0xff) {
        char text[16];
        snprintf(text, sizeof(text), "%u.%u", byte_at(s, 0x14), byte_at(s, 0x15));
        add_entry(b, "release", text);
    }
    vr_buf_str(b, "  </bios>\n");
}

static void add_system(struct vr_buf *b, const struct smbios *s, bool swapped_uuid)
{
    static const struct field before[] = {
        { "manufacturer", 0x04 }, { "product", 0x05 }, { "version", 0x06 }, { "serial", 0x07 }
    };
    static const struct field after[] = { { "sku", 0x19 }, { "family", 0x1a } };
    vr_buf_str(b, "  <system>\n");
    add_texts(b, s, before, VR_COUNT(before));
    if (s->len >= 0x18) {
        struct vr_uuid uuid;
        char text[VR_UUID_TEXT];
        static const unsigned char order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
        for (size_t i = 0; i < 16; i++)
            uuid.b[i] = s->at[0x08 + (swapped_uuid ? order[i] : i)];
        add_entry(b, "uuid", vr_uuid_format(&uuid, text));
    }
    add_texts(b, s, after, VR_COUNT(after));
    vr_buf_str(b, "  </system>\n");
}

static void add_base_board(struct vr_buf *b, const struct smbios *s)
{
    static const struct field fields[] = { { "manufacturer", 0x04 }, { "product", 0x05 }, { "version", 0x06 },
                                           { "serial", 0x07 }, { "asset", 0x08 }, { "location", 0x0a } };
    vr_buf_str(b, "  <baseBoard>\n");
    add_texts(b, s, fields, VR_COUNT(fields));
    vr_buf_str(b, "  </baseBoard>\n");
}

static void add_chassis(struct vr_buf *b, const struct smbios *s)
{
    static const struct field fields[] = {
        { "manufacturer", 0x04 }, { "version", 0x06 }, { "serial", 0x07 }, { "asset", 0x08 }
    };
    vr_buf_str(b, "  <chassis>\n");
    add_texts(b, s, fields, VR_COUNT(fields));
    if (s->len > 0x14) /* after the records of contained elements */
        add_entry(b, "sku", text_at(s, 0x15 + (size_t)byte_at(s, 0x13) * byte_at(s, 0x14)));
    vr_buf_str(b, "  </chassis>\n");
}

static const char *name_of(const char *const *names, size_t count, unsigned value)
{
    return value < count && names[value] ? names[value] : "<OUT OF SPEC>";
}

/* The families of processors that run guests today; others are left out. */
static const char *processor_family(unsigned family)
{
    static const struct {
        unsigned id;
        const char *name;
    } families[] = { { 0x01, "Other" },   { 0x02, "Unknown" },    { 0x28, "Core Duo" },  { 0x2b, "Atom" },
                     { 0x2c, "Core M" },  { 0x6b, "Zen" },        { 0x83, "Athlon 64" }, { 0x84, "Opteron" },
                     { 0xb3, "Xeon" },    { 0xbf, "Core 2 Duo" }, { 0xc6, "Core i7" },   { 0xcd, "Core i5" },
                     { 0xce, "Core i3" }, { 0xcf, "Core i9" } };
    for (size_t i = 0; i < VR_COUNT(families); i++)
        if (families[i].id == family)
            return families[i].name;
    return NULL;
}

static void add_number(struct vr_buf *b, const char *name, unsigned value, const char *unit)
{
    char text[32] = "Unknown";
    if (value)
        snprintf(text, sizeof(text), "%u %s", value, unit);
    add_entry(b, name, text);
}

static void add_signature(struct vr_buf *b, const struct smbios *s)
{
    unsigned id = word_at(s, 0x08) | word_at(s, 0x0a) << 16;
    unsigned family = id >> 8 & 0xf, model = id >> 4 & 0xf;
    bool amd = byte_at(s, 0x06) == 0x6b || byte_at(s, 0x06) == 0x83 || byte_at(s, 0x06) == 0x84;
    char text[80];
    if (!id)
        return;
    model += (id >> 16 & 0xf) << 4;
    if (family == 0xf)
        family += id >> 20 & 0xff;
    if (amd)
        snprintf(text, sizeof(text), "Family %u, Model %u, Stepping %u", family, model, id & 0xf);
    else
        snprintf(text, sizeof(text), "Type %u, Family %u, Model %u, Stepping %u", id >> 12 & 3, family, model,
                 id & 0xf);
    add_entry(b, "signature", text);
}

static void add_processor(struct vr_buf *b, const struct smbios *s)
{
    static const char *const types[] = {
        NULL, "Other", "Unknown", "Central Processor", "Math Processor", "DSP Processor", "Video Processor"
    };
    static const char *const states[] = { "Unknown", "Enabled", "Disabled By User", "Disabled By BIOS", "Idle", NULL,
                                          NULL,      "Other" };
    unsigned status = byte_at(s, 0x18);
    char text[64] = "Unpopulated";
    vr_buf_str(b, "  <processor>\n");
    add_entry(b, "socket_destination", text_at(s, 0x04));
    add_entry(b, "type", name_of(types, VR_COUNT(types), byte_at(s, 0x05)));
    add_entry(b, "family", processor_family(byte_at(s, 0x06) == 0xfe ? word_at(s, 0x28) : byte_at(s, 0x06)));
    add_entry(b, "manufacturer", text_at(s, 0x07));
    add_signature(b, s);
    add_entry(b, "version", text_at(s, 0x10));
    add_number(b, "external_clock", word_at(s, 0x12), "MHz");
    add_number(b, "max_speed", word_at(s, 0x14), "MHz");
    if (status & 0x40)
        snprintf(text, sizeof(text), "Populated, %s", name_of(states, VR_COUNT(states), status & 7));
    add_entry(b, "status", text);
    add_entry(b, "serial_number", text_at(s, 0x20));
    add_entry(b, "part_number", text_at(s, 0x22));
    vr_buf_str(b, "  </processor>\n");
}

static void add_type_detail(struct vr_buf *b, unsigned bits)
{
    static const char *const names[] = { NULL,
                                         "Other",
                                         "Unknown",
                                         "Fast-paged",
                                         "Static Column",
                                         "Pseudo-static",
                                         "RAMBus",
                                         "Synchronous",
                                         "CMOS",
                                         "EDO",
                                         "Window DRAM",
                                         "Cache DRAM",
                                         "Non-Volatile",
                                         "Registered (Buffered)",
                                         "Unbuffered (Unregistered)",
                                         "LRDIMM" };
    vr_autobuf struct vr_buf list = VR_BUF_INIT;
    for (size_t i = 1; i < VR_COUNT(names); i++)
        if (bits >> i & 1)
            vr_buf_printf(&list, "%s%s", list.len ? " " : "", names[i]);
    add_entry(b, "type_detail", list.len ? list.data : "None");
}

static void add_memory(struct vr_buf *b, const struct smbios *s)
{
    static const char *const forms[] = {
        NULL,   "Other", "Unknown",      "SIMM", "SIP",    "Chip",  "DIP",     "ZIP", "Proprietary Card",
        "DIMM", "TSOP",  "Row Of Chips", "RIMM", "SODIMM", "SRIMM", "FB-DIMM", "Die"
    };
    static const char *const types[] = {
        NULL,    "Other", "Unknown", "DRAM",   "EDRAM",        "VRAM",     "SRAM",     "RAM",
        "ROM",   "Flash", "EEPROM",  "FEPROM", "EPROM",        "CDRAM",    "3DRAM",    "SDRAM",
        "SGRAM", "RDRAM", "DDR",     "DDR2",   "DDR2 FB-DIMM", "Reserved", "Reserved", "Reserved",
        "DDR3",  "FBD2",  "DDR4",    "LPDDR",  "LPDDR2",       "LPDDR3",   "LPDDR4",   "Logical non-volatile device",
        "HBM",   "HBM2",  "DDR5",    "LPDDR5"
    };
    unsigned size = word_at(s, 0x0c);
    char text[48];
    if (!size)
        return; /* an empty slot */
    uint64_t kib = size & 0x8000 ? size & 0x7fff : (uint64_t)size * 1024;
    if (size == 0x7fff)
        kib = ((uint64_t)word_at(s, 0x1c) | (uint64_t)(word_at(s, 0x1e) & 0x7fff) << 16) * 1024;
    if (size == 0xffff)
        snprintf(text, sizeof(text), "Unknown");
    else if (kib % (1 << 20) == 0)
        snprintf(text, sizeof(text), "%lu GB", kib >> 20);
    else if (kib % 1024 == 0)
        snprintf(text, sizeof(text), "%lu MB", kib >> 10);
    else
        snprintf(text, sizeof(text), "%lu kB", kib);
    vr_buf_str(b, "  <memory_device>\n");
    add_entry(b, "size", text);
    add_entry(b, "form_factor", name_of(forms, VR_COUNT(forms), byte_at(s, 0x0e)));
    add_entry(b, "locator", text_at(s, 0x10));
    add_entry(b, "bank_locator", text_at(s, 0x11));
    add_entry(b, "type", name_of(types, VR_COUNT(types), byte_at(s, 0x12)));
    add_type_detail(b, word_at(s, 0x13));
    if (s->len > 0x16)
        add_number(b, "speed", word_at(s, 0x15), "MT/s");
    add_entry(b, "manufacturer", text_at(s, 0x17));
    add_entry(b, "serial_number", text_at(s, 0x18));
    add_entry(b, "part_number", text_at(s, 0x1a));
    vr_buf_str(b, "  </memory_device>\n");
}

static void add_oem_strings(struct vr_buf *b, const struct smbios *s)
{
    vr_buf_str(b, "  <oemStrings>\n");
    for (unsigned i = 1; i <= byte_at(s, 0x04); i++) {
        const char *text = nth_text(s, i);
        if (!text)
            break;
        vr_buf_str(b, "    <entry>");
        add_escaped(b, text);
        vr_buf_str(b, "</entry>\n");
    }
    vr_buf_str(b, "  </oemStrings>\n");
}

/* ---- the table ---------------------------------------------------------------------------------------------- */

/* The structure at *pos, which moves to the next one. False at the end and at the first that does not hold together. */
static bool next_structure(const struct vr_buf *table, size_t *pos, struct smbios *out)
{
    const char *end = table->data + table->len;
    const char *at = table->data + *pos;
    if (table->len - *pos < 4 || (unsigned char)at[1] < 4 || (unsigned char)at[1] > table->len - *pos)
        return false;
    out->at = (const unsigned char *)at;
    out->len = (unsigned char)at[1];
    out->texts = at + out->len;
    const char *close = out->texts;
    while (end - close >= 2 && (close[0] || close[1]))
        close++;
    if (end - close < 2)
        return false;
    out->end = close + 1;
    *pos = (size_t)(close + 2 - table->data);
    return out->at[0] != END_OF_TABLE;
}

/* Before 2.6 the specification did not say how a uuid's bytes are ordered. */
static bool is_swapped(const struct vr_buf *entry)
{
    const unsigned char *e = (const unsigned char *)entry->data;
    if (entry->len >= 8 && memcmp(e, "_SM_", 4) == 0)
        return e[6] > 2 || (e[6] == 2 && e[7] >= 6);
    return true;
}

bool vr_host_sysinfo(struct vr_buf *b, struct vr_error **err)
{
    static const unsigned char order[] = { BIOS, SYSTEM, BASE_BOARD, CHASSIS, PROCESSOR, MEMORY, OEM_STRINGS };
    vr_autobuf struct vr_buf table = VR_BUF_INIT;
    vr_autobuf struct vr_buf entry = VR_BUF_INIT;
    if (!vr_sys_read_bytes(&table, TABLES "DMI") || !table.len)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Host SMBIOS information is not available"));
    vr_sys_read_bytes(&entry, TABLES "smbios_entry_point");
    vr_buf_str(b, "<sysinfo type='smbios'>\n");
    for (size_t kind = 0; kind < VR_COUNT(order); kind++) {
        struct smbios s;
        size_t pos = 0;
        bool once =
            order[kind] == BIOS || order[kind] == SYSTEM || order[kind] == CHASSIS || order[kind] == OEM_STRINGS;
        for (int seen = 0, n = 0;
             n < MAX_STRUCTURES && seen < (once ? 1 : MAX_MODULES) && next_structure(&table, &pos, &s); n++) {
            if (s.at[0] != order[kind])
                continue;
            seen++;
            switch (order[kind]) {
            case BIOS: add_bios(b, &s); break;
            case SYSTEM: add_system(b, &s, is_swapped(&entry)); break;
            case BASE_BOARD: add_base_board(b, &s); break;
            case CHASSIS: add_chassis(b, &s); break;
            case PROCESSOR: add_processor(b, &s); break;
            case MEMORY: add_memory(b, &s); break;
            default: add_oem_strings(b, &s); break;
            }
        }
    }
    vr_buf_str(b, "</sysinfo>\n");
    return true;
}
