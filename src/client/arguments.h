/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "call.h"

/**
 * vr_arguments - what an argument may be whoever answers: positive, not empty, flags that exclude each other
 *
 * A daemon checks the same again; here a driver inside the library is protected and a round trip saved. False with
 * stock's INVALID_ARG, which names function and argument.
 */
bool vr_arguments(struct vr_client_call *c, const struct vr_api_call *call, const void *args);
/** The same arguments with a file's path made absolute, where there is one; in c->arena. */
const void *vr_arguments_absolute(struct vr_client_call *c, const struct vr_api_call *call, const void *args);
