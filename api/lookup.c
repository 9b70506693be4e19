/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "api/describe.h"

const struct vr_struct vr_void_struct = { .name = "void", .size = sizeof(struct vr_void) };

const struct vr_api_program *vr_api_program_find(uint32_t number)
{
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        if ((*p)->number == number)
            return *p;
    return NULL;
}

const struct vr_api_call *vr_api_call_find(const struct vr_api_program *program, uint32_t number)
{
    if (number == 0 || number > program->call_count)
        return NULL;
    return program->calls[number - 1];
}

const struct vr_api_call *vr_api_call_named(const char *name)
{
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        for (uint32_t i = 0; i < (*p)->call_count; i++)
            if (strcmp((*p)->calls[i]->name, name) == 0)
                return (*p)->calls[i];
    return NULL;
}

const struct vr_api_call *vr_api_event_find(enum vr_api_object object, int event_id)
{
    if (event_id < 0)
        return NULL;
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        for (uint32_t i = 0; i < (*p)->call_count; i++) {
            const struct vr_api_call *c = (*p)->calls[i];
            if (c->type == VR_API_EVENT && !c->legacy && c->object == object && c->event_id == event_id)
                return c;
        }
    return NULL;
}

static uint64_t argument(const void *args, uint16_t offset, uint8_t width)
{
    const char *at = (const char *)args + offset;
    if (width == 8) {
        uint64_t wide;
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    uint32_t narrow;
    memcpy(&narrow, at, sizeof(narrow));
    return narrow;
}

bool vr_condition_holds(const struct vr_condition *condition, const void *args)
{
    switch ((enum vr_when)condition->when) {
    case VR_WHEN_ALWAYS:
        return true;
    case VR_WHEN_NEVER:
        return false;
    case VR_WHEN_HAS:
        return (argument(args, condition->offset, condition->width) & condition->value) != 0;
    case VR_WHEN_LACKS:
        return (argument(args, condition->offset, condition->width) & condition->value) == 0;
    case VR_WHEN_IS:
        return argument(args, condition->offset, condition->width) == condition->value;
    }
    return true;
}

uint64_t vr_api_flags(const struct vr_api_call *call, const void *args)
{
    return call->flags_offset < 0 ? 0 : argument(args, (uint16_t)call->flags_offset, call->flags_width);
}
