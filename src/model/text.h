/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Texts that several documents hold: paths, world wide names. */
#include <stdbool.h>
#include "base/arena.h"
#include "base/error.h"

/** Runs of '/' become one (two at the very front stay two), none at the end; @path itself when nothing changes. */
const char *vr_path_sanitize(struct vr_arena *arena, const char *path);
/** 16 hexadecimal digits, with or without 0x; else an internal error in stock's words. */
bool vr_wwn_check(const char *text, struct vr_error **err);
