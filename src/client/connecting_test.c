/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is decided before anybody is connected to: parameters, the far end's command, names and passwords from auth.conf. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/test.h"
#include "credentials.h"
#include "params.h"
#include "ssh.h"

static struct vr_arena *arena;
static struct vr_uri uri;

static void parse(const char *text, struct vr_remote_params *p)
{
    if (!arena)
        arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    EXPECT(vr_uri_parse(arena, text, &uri, &err));
    EXPECT(vr_remote_params(&uri, p, &err));
}

static void refuse(const char *text, const char *why)
{
    if (!arena)
        arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_remote_params p;
    EXPECT(vr_uri_parse(arena, text, &uri, &err));
    EXPECT_FALSE(vr_remote_params(&uri, &p, &err));
    EXPECT_STR_HAS(err->message, why);
}

VR_TEST(a_transport_follows_from_scheme_and_host)
{
    struct vr_remote_params p;
    parse("qemu:///system", &p);
    EXPECT_EQ(p.transport, VR_TRANSPORT_UNIX);
    parse("qemu://host/system", &p);
    EXPECT_EQ(p.transport, VR_TRANSPORT_TLS);
    parse("qemu+LibSSH://host/system", &p);
    EXPECT_EQ(p.transport, VR_TRANSPORT_LIBSSH);
    refuse("qemu+smoke://host/system", "transport in URL not recognised");
}

VR_TEST(parameters_are_read_and_odd_ones_refused)
{
    struct vr_remote_params p;
    parse("qemu+ssh://h/system?keyfile=/k%20k&no_tty=1&no_verify=0&mode=legacy&proxy=native&socket=/s", &p);
    EXPECT_STR(p.keyfile, "/k k");
    EXPECT(p.no_tty && !p.no_verify && p.proxy_said);
    EXPECT_EQ(p.mode, VR_MODE_LEGACY);
    EXPECT_EQ(p.proxy, VR_PROXY_NATIVE);
    refuse("qemu:///system?no_tty=yes", "URI component no_tty");
    refuse("qemu:///system?no_sanity=99999999999", "URI component no_sanity");
    refuse("qemu:///system?mode=odd", "Unknown remote mode 'odd'");
}

VR_TEST(nothing_in_a_uri_gets_out_of_its_quotes_in_the_far_shell)
{
    struct vr_remote_params p;
    vr_autofree char *trace = vr_printf("/tmp/vireo-quotes-%d", (int)getpid());
    vr_autofree char *text = vr_printf("qemu+ssh://h/system?proxy=netcat&netcat=%%27%%3Btouch%%20%s%%3B%%27&socket=%%27%%24(touch%%20%s)",
                                       trace, trace);
    parse(text, &p);
    const char *command = vr_ssh_remote_command(arena, &p, "qemu:///system", p.socket, false);
    EXPECT(strstr(command, trace) != NULL);
    /* The login shell there reads it, then the shell it starts; neither finds a netcat of that name. */
    vr_autofree char *login = vr_printf("exec 2>/dev/null; %s", command);
    EXPECT(system(login) != 0);
    EXPECT(access(trace, F_OK) != 0);
    parse("qemu+ssh://h/system?netcat=echo&proxy=netcat&socket=/a%20%27%24(id)%22%3B%60id%60%20%5C%20%2A", &p);
    FILE *f = popen(vr_ssh_remote_command(arena, &p, "qemu:///system", p.socket, true), "r");
    char line[256] = "";
    EXPECT(f && fgets(line, sizeof(line), f));
    pclose(f);
    EXPECT_STR(line, "-U /a '$(id)\";`id` \\ *\n");
}

VR_TEST(auth_conf_finds_the_hosts_section_else_the_default)
{
    static const char text[] = "# names\n[credentials-a]\nauthname = fred\npassword= p = w \n[credentials-b]\nauthname=jim\n"
                               "[auth-libvirt-one]\ncredentials=a\n[auth-libvirt-default]\ncredentials=b\n"
                               "[auth-libvirt-broken]\ncredentials=nobody\n[auth-libvirt-empty]\nx=y\n";
    VR_AUTO(vr_arena) *a = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_auth_conf *c = vr_auth_conf_parse(a, "f", text, strlen(text), &err);
    const char *value = NULL;
    EXPECT(c != NULL);
    EXPECT(vr_auth_conf_lookup(a, c, "libvirt", "one", "password", &value, &err));
    EXPECT_STR(value, "p = w");
    EXPECT(vr_auth_conf_lookup(a, c, "libvirt", "other", "authname", &value, &err));
    EXPECT_STR(value, "jim");
    EXPECT(vr_auth_conf_lookup(a, c, "libvirt", "other", "password", &value, &err));
    EXPECT(value == NULL);
    EXPECT(vr_auth_conf_lookup(a, c, "esx", "one", "password", &value, &err));
    EXPECT(value == NULL);
    EXPECT_FALSE(vr_auth_conf_lookup(a, c, "libvirt", "broken", "password", &value, &err));
    EXPECT_STR_HAS(err->message, "Missing group 'credentials-nobody' referenced from group 'auth-libvirt-broken' in 'f'");
}

VR_TEST(auth_conf_says_which_line_is_wrong)
{
    static const char *const bad[] = { "key=value\n", "[open\n", "[g]\nno assignment\n", "[g]\n=value\n" };
    static const int line[] = { 1, 1, 2, 2 };
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        VR_AUTO(vr_arena) *a = vr_arena_new();
        VR_AUTO(vr_error) *err = NULL;
        vr_autofree char *where = vr_printf("f:%d: ", line[i]);
        EXPECT(!vr_auth_conf_parse(a, "f", bad[i], strlen(bad[i]), &err));
        EXPECT_STR_HAS(err->message, where);
    }
}

VR_TEST(the_environments_auth_file_comes_before_the_uris)
{
    VR_AUTO(vr_arena) *a = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_auth_conf *c = NULL;
    setenv("LIBVIRT_AUTH_FILE", "/nowhere/env.conf", 1);
    EXPECT_FALSE(vr_auth_conf_load(a, "/nowhere/uri.conf", &c, &err));
    EXPECT_STR_HAS(err->message, "/nowhere/env.conf");
    unsetenv("LIBVIRT_AUTH_FILE");
    vr_error_free(err);
    err = NULL;
    EXPECT_FALSE(vr_auth_conf_load(a, "/nowhere/uri.conf", &c, &err));
    EXPECT_STR_HAS(err->message, "/nowhere/uri.conf");
}

VR_TESTS("connecting", a_transport_follows_from_scheme_and_host, parameters_are_read_and_odd_ones_refused,
         nothing_in_a_uri_gets_out_of_its_quotes_in_the_far_shell, auth_conf_finds_the_hosts_section_else_the_default,
         auth_conf_says_which_line_is_wrong, the_environments_auth_file_comes_before_the_uris)
