/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "model/document.h"

/** Aborts when an accepted document does not survive text or a copy. Was it accepted? */
bool vr_document_fuzz(const struct vr_document *doc, const void *data, size_t size, unsigned flags);
/** How documents of this family are read there. */
unsigned vr_document_fuzz_flags(const struct vr_document *doc);
