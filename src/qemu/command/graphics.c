/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Screens: VNC, SPICE and the others; video cards; sound and where it goes. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

static const struct vr_graphics_listen *listen_of(const struct vr_graphics *g)
{
    return g->listens.n ? g->listens.v[0] : NULL;
}

static const char *address_of(const struct vr_graphics *g, const char *fallback)
{
    const struct vr_graphics_listen *l = listen_of(g);
    if (l && l->address)
        return l->address;
    return g->listen_attr ? g->listen_attr : fallback;
}

static const char *socket_of(const struct build *b, const struct vr_graphics *g, const char *name)
{
    const struct vr_graphics_listen *l = listen_of(g);
    if (l && l->type == VR_LISTEN_SOCKET && l->socket)
        return l->socket;
    if (g->socket_attr)
        return g->socket_attr;
    return l && l->type == VR_LISTEN_SOCKET ? vr_arena_printf(b->cmd->arena, "%s/%s.sock", b->run->private_dir, name)
                                            : NULL;
}

/* The audio device of a graphic or sound device: its own, else the first. */
static unsigned audio_id(const struct build *b, unsigned id)
{
    return id ? id : b->def->audios.n ? b->def->audios.v[0]->id : 0;
}

static bool vnc(struct build *b, const struct vr_graphics *g)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    const struct vr_graphics_listen *l = listen_of(g);
    const char *path = socket_of(b, g, "vnc");
    if (path) {
        vr_buf_str(&text, "vnc=unix:");
        buf_escaped(&text, path);
    } else if (l && l->type == VR_LISTEN_NONE) {
        vr_buf_str(&text, "none");
    } else {
        const char *address = address_of(g, b->run->vnc_listen ? b->run->vnc_listen : "127.0.0.1");
        bool v6 = strchr(address, ':') != NULL;
        if (!g->port.set || g->port.v < 5900 || g->port.v > 65535)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("vnc port must be in range [5900,65535]"));
        vr_buf_printf(&text, v6 ? "[%s]:%d" : "%s:%d", address, g->port.v - 5900);
        if (g->websocket.set && g->websocket.v)
            vr_buf_printf(&text, ",websocket=%d", g->websocket.v);
    }
    if (g->share_policy)
        vr_buf_printf(&text, ",share=%s", g->share_policy);
    if (g->passwd)
        vr_buf_str(&text, ",password=on");
    if (b->run->vnc_tls_dir) {
        struct vr_json *tls = vr_json_object();
        vr_json_add_str(tls, "qom-type", "tls-creds-x509");
        vr_json_add_str(tls, "id", "vnc-tls-creds0");
        vr_json_add_str(tls, "dir", b->run->vnc_tls_dir);
        vr_json_add_str(tls, "endpoint", "server");
        vr_json_add_bool(tls, "verify-peer", false);
        cmd_json(b, "-object", tls);
        vr_buf_str(&text, ",tls-creds=vnc-tls-creds0");
    }
    if (g->power_control)
        vr_buf_printf(&text, ",power-control=%s", g->power_control == VR_TRI_YES ? "on" : "off");
    if (audio_id(b, g->audio_id))
        vr_buf_printf(&text, ",audiodev=audio%u", audio_id(b, g->audio_id));
    cmd_opt_buf(b, "-vnc", &text);
    if (g->keymap)
        cmd_opt(b, "-k", g->keymap);
    return true;
}

static bool spice(struct build *b, const struct vr_graphics *g)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    const struct vr_graphics_listen *l = listen_of(g);
    const char *path = socket_of(b, g, "spice");
    if (path) {
        vr_buf_str(&text, "unix,addr=");
        buf_escaped(&text, path);
        vr_buf_char(&text, ',');
    } else if (l && l->type == VR_LISTEN_NONE) {
        vr_buf_str(&text, "port=0,");
    } else {
        bool any = false;
        if (g->port.set && g->port.v > 0) {
            vr_buf_printf(&text, "port=%d,", g->port.v);
            any = true;
        }
        if (g->tls_port.set && g->tls_port.v > 0) {
            if (!b->run->spice_tls_dir)
                return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                               _("spice TLS port set in XML configuration, but TLS is disabled in qemu.conf"));
            vr_buf_printf(&text, "tls-port=%d,", g->tls_port.v);
            any = true;
        }
        const char *address = address_of(g, b->run->spice_listen ? b->run->spice_listen : "127.0.0.1");
        if (any)
            vr_buf_printf(&text, "addr=%s,", address);
        else
            vr_buf_str(&text, "port=0,");
    }
    if (b->run->spice_tls_dir && !path)
        vr_buf_printf(&text, "x509-dir=%s,", b->run->spice_tls_dir);
    if (g->mouse_mode)
        vr_buf_printf(&text, "agent-mouse=%s,", vr_streq(g->mouse_mode, "client") ? "on" : "off");
    if (!g->passwd)
        vr_buf_str(&text, "disable-ticketing=on,");
    if (g->default_mode && !vr_streq(g->default_mode, "any")) {
        if (vr_streq(g->default_mode, "secure") && !b->run->spice_tls_dir)
            return vr_fail(
                b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                _("spice defaultMode secure requested in XML configuration, but TLS is disabled in qemu.conf"));
        vr_buf_printf(&text, "%s-channel=default,", vr_streq(g->default_mode, "secure") ? "tls" : "plaintext");
    }
    for (size_t i = 0; i < g->channels.n; i++) {
        const struct vr_spice_channel *c = g->channels.v[i];
        if (vr_streq0(c->mode, "secure")) {
            if (!b->run->spice_tls_dir)
                return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                               _("spice secure channels set in XML configuration, but TLS is disabled in qemu.conf"));
            vr_buf_printf(&text, "tls-channel=%s,", c->name);
        } else if (vr_streq0(c->mode, "insecure")) {
            vr_buf_printf(&text, "plaintext-channel=%s,", c->name);
        }
    }
    const struct {
        const char *value, *option;
    } texts[] = { { g->image_compression, "image-compression" }, { g->jpeg_compression, "jpeg-wan-compression" },
                  { g->zlib_compression, "zlib-glz-wan-compression" } };
    for (size_t i = 0; i < VR_COUNT(texts); i++)
        if (texts[i].value)
            vr_buf_printf(&text, "%s=%s,", texts[i].option, texts[i].value);
    if (g->playback)
        vr_buf_printf(&text, "playback-compression=%s,", g->playback == VR_TRI_ON ? "on" : "off");
    if (g->streaming_mode)
        vr_buf_printf(&text, "streaming-video=%s,", g->streaming_mode);
    if (g->clipboard_copypaste == VR_TRI_NO)
        vr_buf_str(&text, "disable-copy-paste=on,");
    if (g->filetransfer == VR_TRI_NO)
        vr_buf_str(&text, "disable-agent-file-xfer=on,");
    if (g->gl == VR_TRI_YES) {
        vr_buf_str(&text, "gl=on,");
        if (g->rendernode) {
            vr_buf_str(&text, "rendernode=");
            buf_escaped(&text, g->rendernode);
            vr_buf_char(&text, ',');
        }
    }
    vr_buf_str(&text, "seamless-migration=on");
    cmd_opt_buf(b, "-spice", &text);
    if (g->keymap)
        cmd_opt(b, "-k", g->keymap);
    return true;
}

static bool one_graphic(struct build *b, const struct vr_graphics *g)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (g->listens.n > 1)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("QEMU does not support multiple listens for one graphics device."));
    switch (g->type) {
    case VR_GRAPHICS_VNC:
        return vnc(b, g);
    case VR_GRAPHICS_SPICE:
        return spice(b, g);
    case VR_GRAPHICS_SDL:
        if (g->xauth)
            VR_LIST_ADD(b->cmd->arena, &b->cmd->env, vr_arena_printf(b->cmd->arena, "XAUTHORITY=%s", g->xauth));
        if (g->display)
            VR_LIST_ADD(b->cmd->arena, &b->cmd->env, vr_arena_printf(b->cmd->arena, "DISPLAY=%s", g->display));
        if (g->fullscreen == VR_TRI_YES)
            cmd_arg(b, "-full-screen");
        vr_buf_str(&text, "sdl");
        if (g->gl)
            vr_buf_printf(&text, ",gl=%s", g->gl == VR_TRI_YES ? "on" : "off");
        cmd_opt_buf(b, "-display", &text);
        return true;
    case VR_GRAPHICS_EGL_HEADLESS:
        vr_buf_str(&text, "egl-headless");
        if (g->rendernode) {
            vr_buf_str(&text, ",rendernode=");
            buf_escaped(&text, g->rendernode);
        }
        cmd_opt_buf(b, "-display", &text);
        return true;
    case VR_GRAPHICS_DBUS:
        vr_buf_str(&text, "dbus");
        if (g->p2p == VR_TRI_YES) {
            vr_buf_str(&text, ",p2p=on");
        } else {
            vr_buf_str(&text, ",addr=");
            if (g->dbus_address)
                buf_escaped(&text, g->dbus_address);
            else /* only shown: the bus that a start would bring up */
                vr_buf_printf(&text, "unix:path=/run/libvirt/qemu/dbus/%d-%s-dbus.sock", b->def->id, b->def->name);
        }
        if (g->gl)
            vr_buf_printf(&text, ",gl=%s", g->gl == VR_TRI_YES ? "on" : "off");
        if (g->audio_id)
            vr_buf_printf(&text, ",audiodev=audio%u", g->audio_id);
        cmd_opt_buf(b, "-display", &text);
        return true;
    default:
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported graphics type '%s'"),
                       vr_graphics_type_names[g->type]);
    }
}

bool build_graphics(struct build *b)
{
    for (size_t i = 0; i < b->def->graphics.n; i++)
        if (!one_graphic(b, b->def->graphics.v[i]))
            return false;
    return true;
}

/* ---- video ------------------------------------------------------------------------------------------------------- */

static const char *video_driver(const struct vr_video *v, bool primary)
{
    switch (v->type) {
    case VR_VIDEO_VGA:
        return primary ? "VGA" : "secondary-vga";
    case VR_VIDEO_CIRRUS:
        return "cirrus-vga";
    case VR_VIDEO_VMVGA:
        return "vmware-svga";
    case VR_VIDEO_QXL:
        return primary ? "qxl-vga" : "qxl";
    case VR_VIDEO_BOCHS:
        return "bochs-display";
    case VR_VIDEO_RAMFB:
        return "ramfb";
    default:
        return NULL;
    }
}

static bool one_video(struct build *b, const struct vr_video *v, bool primary)
{
    struct vr_json *p;
    if (v->type == VR_VIDEO_VIRTIO) {
        if (v->driver_name && vr_streq(v->driver_name, "vhostuser"))
            return vr_fail(b->err, VIR_ERR_OPERATION_FAILED, "%s", _("Unable to find a satisfying vhost-user-gpu"));
        bool gl = v->accel3d == VR_TRI_YES;
        p = virtio_device("virtio-gpu", b->def, &v->info, VR_VIRTIO_MODEL_UNSET, &v->virtio);
        struct vr_json *named = vr_json_object();
        vr_json_add_str(named, "driver", primary ? (gl ? "virtio-vga-gl" : "virtio-vga")
                                                 : (gl ? "virtio-gpu-gl-pci" : "virtio-gpu-pci"));
        vr_json_remove(p, "driver"); /* the rest of the virtio options follow the driver's name */
        size_t pos = 0;
        const char *key;
        struct vr_json *value;
        while (vr_json_each(p, &pos, &key, &value))
            vr_json_add(named, key, vr_json_copy(value));
        vr_json_free(p);
        p = named;
    } else {
        const char *driver = video_driver(v, primary);
        if (!driver)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("this QEMU does not support '%s' video device"),
                           v->type ? vr_video_type_names[v->type] : "");
        p = vr_json_object();
        vr_json_add_str(p, "driver", driver);
    }
    vr_json_add_str(p, "id", v->info.alias);
    if (v->type == VR_VIDEO_VIRTIO || v->type == VR_VIDEO_QXL)
        add_uint_if(p, "max_outputs", v->heads);
    if (v->type == VR_VIDEO_QXL) {
        vr_json_add_uint(p, "ram_size", (uint64_t)v->ram << 10);
        vr_json_add_uint(p, "vram_size", (uint64_t)v->vram << 10);
        vr_json_add_uint(p, "vram64_size_mb", v->vram64 >> 10);
        vr_json_add_uint(p, "vgamem_mb", v->vgamem >> 10);
    } else if (v->vram && (v->type == VR_VIDEO_VGA || v->type == VR_VIDEO_VMVGA)) {
        vr_json_add_uint(p, "vgamem_mb", v->vram >> 10);
    } else if (v->vram && v->type == VR_VIDEO_BOCHS) {
        vr_json_add_uint(p, "vgamem", (uint64_t)v->vram << 10);
    }
    add_uint_if(p, "xres", v->res_x);
    add_uint_if(p, "yres", v->res_y);
    add_tri(p, "blob", v->blob);
    if (!add_address(p, b->def, &v->info, b->err)) {
        vr_json_free(p);
        return false;
    }
    return cmd_device(b, p);
}

bool build_videos(struct build *b)
{
    for (size_t i = 0; i < b->def->videos.n; i++) {
        const struct vr_video *v = b->def->videos.v[i];
        if (v->type != VR_VIDEO_NONE && !one_video(b, v, v->primary == VR_TRI_YES))
            return false;
    }
    return true;
}

/* ---- sound ------------------------------------------------------------------------------------------------------- */

static bool codec(struct build *b, const struct vr_sound *s, const char *type, unsigned number, unsigned audio)
{
    struct vr_json *p = vr_json_object();
    vr_json_add_strf(p, "driver", "hda-%s", type);
    vr_json_add_strf(p, "id", "%s-codec%u", s->info.alias, number);
    vr_json_add_strf(p, "bus", "%s.0", s->info.alias);
    vr_json_add_uint(p, "cad", number);
    if (audio)
        vr_json_add_strf(p, "audiodev", "audio%u", audio);
    return cmd_device(b, p);
}

bool build_sounds(struct build *b)
{
    static const char *const drivers[] = { [VR_SOUND_SB16] = "sb16",      [VR_SOUND_ES1370] = "ES1370",
                                           [VR_SOUND_AC97] = "AC97",      [VR_SOUND_ICH6] = "intel-hda",
                                           [VR_SOUND_ICH9] = "ich9-intel-hda", [VR_SOUND_USB] = "usb-audio" };
    for (size_t i = 0; i < b->def->sounds.n; i++) {
        const struct vr_sound *s = b->def->sounds.v[i];
        unsigned audio = audio_id(b, s->audio_id);
        if (s->model == VR_SOUND_PCSPK) { /* on the board already */
            if (audio) {
                cmd_arg(b, "-machine");
                cmd_argf(b, "pcspk-audiodev=audio%u", audio);
            }
            continue;
        }
        if (s->model <= 0 || (size_t)s->model >= VR_COUNT(drivers) || !drivers[s->model])
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("sound card model '%s' is not supported by qemu"),
                           s->model > 0 ? vr_sound_model_names[s->model] : "");
        bool hda = s->model == VR_SOUND_ICH6 || s->model == VR_SOUND_ICH9;
        struct vr_json *p = vr_json_object();
        vr_json_add_str(p, "driver", drivers[s->model]);
        vr_json_add_str(p, "id", s->info.alias);
        if (!hda && audio)
            vr_json_add_strf(p, "audiodev", "audio%u", audio);
        add_tri(p, "multi", s->multichannel);
        if (!add_address(p, b->def, &s->info, b->err)) {
            vr_json_free(p);
            return false;
        }
        if (!cmd_device(b, p))
            return false;
        for (size_t k = 0; hda && k < s->codecs.n; k++)
            if (!codec(b, s, vr_streq0(s->codecs.v[k]->type, "micro")    ? "micro"
                             : vr_streq0(s->codecs.v[k]->type, "output") ? "output"
                                                                         : "duplex", k, audio))
                return false;
        if (hda && !s->codecs.n && !codec(b, s, "duplex", 0, audio))
            return false;
    }
    return true;
}

static struct vr_json *audio_side(const struct vr_audio_side *side, enum vr_audio_type type)
{
    struct vr_json *p = vr_json_object();
    add_tri(p, "mixing-engine", side->mixing_engine);
    add_tri(p, "fixed-settings", side->fixed_settings);
    add_uint_if(p, "voices", side->voices);
    add_uint_if(p, "buffer-length", side->buffer_length);
    add_uint_if(p, "frequency", side->frequency);
    add_uint_if(p, "channels", side->channels);
    vr_json_add_str(p, "format", side->format);
    if (type == VR_AUDIO_ALSA || type == VR_AUDIO_OSS)
        vr_json_add_str(p, "dev", side->dev);
    vr_json_add_str(p, "name", side->name);
    vr_json_add_str(p, "stream-name", side->stream_name);
    vr_json_add_str(p, "server-name", side->server_name);
    vr_json_add_str(p, "client-name", side->client_name);
    vr_json_add_str(p, "connect-ports", side->connect_ports);
    add_tri(p, "exact-name", side->exact_name);
    add_uint_if(p, "latency", side->latency);
    add_uint_if(p, "buffer-count", side->buffer_count);
    if (type == VR_AUDIO_ALSA || type == VR_AUDIO_OSS)
        add_tri(p, "try-poll", side->try_poll);
    if (vr_json_len(p))
        return p;
    vr_json_free(p);
    return NULL;
}

bool build_audio(struct build *b)
{
    for (size_t i = 0; i < b->def->audios.n; i++) {
        const struct vr_audio *a = b->def->audios.v[i];
        const char *driver = a->type == VR_AUDIO_PULSEAUDIO ? "pa"
                             : a->type == VR_AUDIO_FILE     ? "wav"
                                                            : vr_audio_type_names[a->type];
        struct vr_json *p = vr_json_object();
        vr_json_add_strf(p, "id", "audio%u", a->id);
        vr_json_add_str(p, "driver", driver);
        add_uint_if(p, "timer-period", a->timer_period);
        if (a->type == VR_AUDIO_PULSEAUDIO)
            vr_json_add_str(p, "server", a->server_name);
        if (a->type == VR_AUDIO_FILE)
            vr_json_add_str(p, "path", a->path);
        add_tri(p, "try-mmap", a->try_mmap);
        add_tri(p, "exclusive", a->exclusive);
        if (a->dsp_policy.set && a->dsp_policy.v >= 0)
            vr_json_add_int(p, "dsp-policy", a->dsp_policy.v);
        struct vr_json *in = a->input ? audio_side(a->input, a->type) : NULL;
        struct vr_json *out = a->output ? audio_side(a->output, a->type) : NULL;
        if (in)
            vr_json_add(p, "in", in);
        if (out)
            vr_json_add(p, "out", out);
        if (a->type == VR_AUDIO_SDL && a->driver)
            VR_LIST_ADD(b->cmd->arena, &b->cmd->env, vr_arena_printf(b->cmd->arena, "SDL_AUDIODRIVER=%s", a->driver));
        cmd_json(b, "-audiodev", p);
    }
    return true;
}
