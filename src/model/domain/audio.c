/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <sound> and <audio> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include "base/str.h"

VR_ENUM_NAMES(vr_sound_model, VR_SOUND_MODELS)
VR_ENUM_NAMES(vr_audio_type, VR_AUDIO_TYPES)

static const struct vr_row codec_rows[] = { VR_A_STR(struct vr_codec, type, "type", .required = true, .words =
                                                     VR_WORDS("duplex", "micro", "output")), VR_END };
static const struct vr_xml_elem codec_elem = { .name = "codec", .size = sizeof(struct vr_codec), .rows = codec_rows };

static const struct vr_row sound_audio_rows[] = { VR_A_UINT(struct vr_sound, audio_id, "id", .required = true,
                                                            .nonzero = true), VR_END };
#define ICH VR_BIT(VR_SOUND_ICH6) | VR_BIT(VR_SOUND_ICH9)
static const struct vr_row sound_rows[] = {
    VR_A_ENUM(struct vr_sound, model, "model", vr_sound_model_names, .required = true),
    VR_A_YESNO(struct vr_sound, multichannel, "multichannel", VR_WHEN(struct vr_sound, model, VR_BIT(VR_SOUND_USB)), .since = "9.4"),
    VR_LISTED(struct vr_sound, codecs, "codec", codec_elem, VR_WHEN(struct vr_sound, model, ICH)),
    VR_GROUP("audio", sound_audio_rows),
    VR_INFO(struct vr_sound),
    VR_END,
};
const struct vr_xml_elem vr_sound_elem = { .name = "sound", .size = sizeof(struct vr_sound), .rows = sound_rows,
    .own_arena = true };

#define SIDE struct vr_audio_side
static const struct vr_row settings_rows[] = {
    VR_A_UINT(SIDE, frequency, "frequency", .nonzero = true),
    VR_A_UINT(SIDE, channels, "channels", .nonzero = true),
    VR_A_STR(SIDE, format, "format", .words = VR_WORDS("s8", "u8", "s16", "u16", "s32", "u32", "f32")),
    VR_END,
};
static const struct vr_row side_rows[] = {
    VR_A_YESNO(SIDE, mixing_engine, "mixingEngine"),
    VR_A_YESNO(SIDE, fixed_settings, "fixedSettings"),
    VR_A_UINT(SIDE, voices, "voices", .nonzero = true),
    VR_A_UINT(SIDE, buffer_length, "bufferLength", .nonzero = true),
    VR_A_STR(SIDE, dev, "dev"),
    VR_A_UINT(SIDE, buffer_count, "bufferCount", .nonzero = true),
    VR_A_STR(SIDE, name, "name"),
    VR_A_STR(SIDE, stream_name, "streamName"),
    VR_A_UINT(SIDE, latency, "latency", .nonzero = true),
    VR_A_STR(SIDE, server_name, "serverName"),
    VR_A_STR(SIDE, client_name, "clientName"),
    VR_A_STR(SIDE, connect_ports, "connectPorts"),
    VR_A_YESNO(SIDE, exact_name, "exactName"),
    VR_A_YESNO(SIDE, try_poll, "tryPoll"),
    VR_GROUP("settings", settings_rows),
    VR_END,
};
static bool side_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    SIDE *s = obj;
    if (vr_xml_child(node, "settings") && s->fixed_settings != VR_TRI_YES) {
        if (s->fixed_settings == VR_TRI_NO)
            return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("<settings> require fixedSettings='yes'"));
        s->fixed_settings = VR_TRI_YES;
    }
    return true;
}
static const struct vr_xml_elem side_elem = { .name = "input", .size = sizeof(SIDE), .rows = side_rows, .after_parse =
    side_after };

#define AUDIO struct vr_audio
static const struct vr_row audio_rows[] = {
    VR_A_UINT(AUDIO, id, "id", .required = true, .nonzero = true),
    VR_A_ENUM(AUDIO, type, "type", vr_audio_type_names, .required = true),
    VR_A_STR(AUDIO, driver, "driver"),
    VR_A_UINT(AUDIO, timer_period, "timerPeriod", .nonzero = true),
    VR_A_STR(AUDIO, path, "path"),
    VR_A_STR(AUDIO, server_name, "serverName"),
    VR_A_YESNO(AUDIO, try_mmap, "tryMMap"),
    VR_A_YESNO(AUDIO, exclusive, "exclusive"),
    VR_A_OINT(AUDIO, dsp_policy, "dspPolicy"),
    VR_CHILD(AUDIO, input, "input", side_elem, .unless_empty = true),
    VR_CHILD(AUDIO, output, "output", side_elem, .unless_empty = true),
    VR_END,
};
const struct vr_xml_elem vr_audio_elem = { .name = "audio", .size = sizeof(AUDIO), .rows = audio_rows, .own_arena =
    true };
