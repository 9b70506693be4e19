/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/test.h"
#include "hub.h"
#include "identity.h"

struct listener {
    struct vr_subscriber subscriber;
    int count;
    int callback_id;             /* of the last event */
    const struct vr_api_call *event;
    struct vr_domain_event_lifecycle_msg last;
};

static void deliver(struct vr_subscriber *subscriber, const struct vr_api_call *event, const void *message)
{
    struct listener *l = (struct listener *)subscriber;
    l->count++;
    l->event = event;
    if (event == &vr_api_domain_event_lifecycle) {
        l->callback_id = -1;
        l->last = *(const struct vr_domain_event_lifecycle_msg *)message;
    } else if (event == &vr_api_domain_event_callback_lifecycle) {
        const struct vr_domain_event_callback_lifecycle_msg *m = message;
        l->callback_id = m->callback_id;
        l->last = m->msg;
    } else if (event == &vr_api_qemu_domain_monitor_event) {
        l->callback_id = ((const struct vr_qemu_domain_monitor_event_msg *)message)->callback_id;
    }
}

static struct vr_identity nobody;
static struct listener make(void)
{
    return (struct listener){ .subscriber = { .identity = &nobody, .deliver = deliver } };
}

static const unsigned char uuid_a[16] = { 1 }, uuid_b[16] = { 2 };
static void emit(const unsigned char *uuid, int what)
{
    struct vr_domain_event_callback_lifecycle_msg m = { .msg = { .dom = { .name = "g" }, .event = what } };
    const struct vr_event_object object = { .name = "g", .uuid = uuid, .id = 3 };
    memcpy(m.msg.dom.uuid, uuid, 16);
    vr_event_emit(VR_EVENTS_DOMAIN, VIR_DOMAIN_EVENT_ID_LIFECYCLE, &object, &m);
}

VR_TEST(each_registration_gets_its_own_number_and_form)
{
    struct listener modern = make(), legacy = make();
    int id, other;
    EXPECT(!vr_event_wanted(VR_EVENTS_DOMAIN, 0));
    EXPECT(vr_subscribe(&modern.subscriber, VR_EVENTS_DOMAIN, 0, NULL, false, &id, NULL));
    EXPECT(vr_subscribe(&legacy.subscriber, VR_EVENTS_DOMAIN, 0, NULL, true, &other, NULL));
    EXPECT(id != other);
    EXPECT(vr_event_wanted(VR_EVENTS_DOMAIN, 0));
    EXPECT(!vr_event_wanted(VR_EVENTS_DOMAIN, 1));
    emit(uuid_a, 7);
    EXPECT_EQ(modern.count, 1);
    EXPECT_EQ(modern.callback_id, id);
    EXPECT_EQ(modern.last.event, 7);
    EXPECT_EQ(legacy.count, 1);
    EXPECT(legacy.event == &vr_api_domain_event_lifecycle);
    EXPECT_EQ(legacy.last.event, 7);
    EXPECT_STR(legacy.last.dom.name, "g");
}

VR_TEST(the_same_twice_is_refused_and_a_filter_makes_it_another)
{
    struct listener l = make();
    VR_AUTO(vr_error) *err = NULL;
    int id;
    const struct vr_event_filter only_b = { .uuid = uuid_b };
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_DOMAIN, 0, NULL, false, &id, NULL));
    EXPECT(!vr_subscribe(&l.subscriber, VR_EVENTS_DOMAIN, 0, NULL, true, &id, &err));
    EXPECT_EQ(err->code, VIR_ERR_INVALID_ARG);
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_DOMAIN, 0, &only_b, false, &id, NULL));
    emit(uuid_a, 1);
    EXPECT_EQ(l.count, 1);
    emit(uuid_b, 1);
    EXPECT_EQ(l.count, 3);
    EXPECT_EQ(vr_subscriptions(&l.subscriber), 2);
}

VR_TEST(after_deregistering_nothing_comes)
{
    struct listener l = make(), stranger = make();
    int id;
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_DOMAIN, 0, NULL, false, &id, NULL));
    EXPECT(!vr_unsubscribe(&stranger.subscriber, VR_EVENTS_DOMAIN, id));
    EXPECT(!vr_unsubscribe(&l.subscriber, VR_EVENTS_NETWORK, id));
    EXPECT(!vr_unsubscribe_legacy(&l.subscriber, VR_EVENTS_DOMAIN, 0));
    EXPECT(vr_unsubscribe(&l.subscriber, VR_EVENTS_DOMAIN, id));
    EXPECT(!vr_unsubscribe(&l.subscriber, VR_EVENTS_DOMAIN, id));
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_DOMAIN, 0, NULL, true, &id, NULL));
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_DOMAIN, 5, NULL, false, &id, NULL));
    vr_unsubscribe_all(&l.subscriber);
    emit(uuid_a, 1);
    EXPECT_EQ(l.count, 0);
    EXPECT_EQ(vr_subscriptions(&l.subscriber), 0);
}

VR_TEST(monitor_events_are_matched_by_name_or_pattern)
{
    struct listener l = make();
    VR_AUTO(vr_error) *err = NULL;
    int exact, nocase, pattern;
    struct vr_event_filter f = { .monitor_event = "STOP" };
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_QEMU_MONITOR, 0, &f, false, &exact, NULL));
    f = (struct vr_event_filter){ .monitor_event = "resume", .nocase = true };
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_QEMU_MONITOR, 0, &f, false, &nocase, NULL));
    f = (struct vr_event_filter){ .monitor_event = "^BLOCK_.*", .regex = true };
    EXPECT(vr_subscribe(&l.subscriber, VR_EVENTS_QEMU_MONITOR, 0, &f, false, &pattern, NULL));
    const struct vr_event_object object = { .name = "g", .uuid = uuid_a, .id = 1 };
    vr_event_emit_monitor(&object, "STOP", 1, 2, "{}");
    EXPECT_EQ(l.callback_id, exact);
    vr_event_emit_monitor(&object, "RESUME", 1, 2, NULL);
    EXPECT_EQ(l.callback_id, nocase);
    vr_event_emit_monitor(&object, "BLOCK_IO_ERROR", 1, 2, NULL);
    EXPECT_EQ(l.callback_id, pattern);
    vr_event_emit_monitor(&object, "NO_BLOCK", 1, 2, NULL);
    EXPECT_EQ(l.count, 3);
    f.monitor_event = "((a{1,200}){1,200}){1,200}";
    EXPECT(!vr_subscribe(&l.subscriber, VR_EVENTS_QEMU_MONITOR, 0, &f, false, &pattern, &err));
    vr_unsubscribe_all(&l.subscriber);
}

VR_TEST(every_modern_event_fits_the_hub)
{
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        for (uint32_t i = 0; i < (*p)->call_count; i++) {
            const struct vr_api_call *c = (*p)->calls[i];
            if (c->type != VR_API_EVENT || c->event_id < 0 || c->legacy)
                continue;
            EXPECT(c->msg->size <= 512);
            EXPECT(c->event_id < 32);
            EXPECT_STR(c->msg->fields[0].name, "callback_id");
            EXPECT_EQ(c->msg->fields[0].offset, 0);
        }
}

VR_TEST(a_local_peer_is_known_by_what_the_kernel_says)
{
    int pair[2];
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct vr_identity *id = vr_identity_of_peer(pair[0], true, &err);
    EXPECT(id);
    EXPECT_EQ(id->uid, getuid());
    EXPECT_EQ(id->gid, getgid());
    EXPECT_EQ(id->pid, getpid());
    EXPECT(id->pid_start == vr_process_start_time(getpid()) && id->pid_start > 0);
    EXPECT(id->local && id->readonly_socket);
    struct vr_identity *copy = vr_identity_copy(id);
    vr_identity_unref(id);
    EXPECT_EQ(copy->pid, getpid());
    vr_identity_unref(copy);
    EXPECT(!vr_identity_of_peer(0x7ffffff, false, &err));
    EXPECT_EQ(vr_process_start_time(0x7ffffff), 0);
}

VR_TESTS("event", each_registration_gets_its_own_number_and_form, the_same_twice_is_refused_and_a_filter_makes_it_another,
         after_deregistering_nothing_comes, monitor_events_are_matched_by_name_or_pattern, every_modern_event_fits_the_hub,
         a_local_peer_is_known_by_what_the_kernel_says)
