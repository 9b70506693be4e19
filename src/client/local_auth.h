/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>
#include "api/public.h"
#include "base/error.h"
#include "testdriver/testdriver.h"

/** Asks for a name, and a password when the document gives that user one, through the application's callback. */
bool vr_local_authenticate(const struct vr_test *test, virConnectAuthPtr auth, struct vr_error **err);
