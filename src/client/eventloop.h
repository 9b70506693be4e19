/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>
#include "api/public.h"

/** The application registered an event loop, the built-in one or its own. */
bool vr_eventloop_there(void);
