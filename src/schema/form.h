/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What users of documents, who never see a table, need of the table interpreter. */
#include <stdbool.h>
#include <stdint.h>

/* ---- forms: flags of parse and format ---------------------------------------------------------------------------- */
#define VR_FORM_SECURE (1u << 0)     /* secrets are printed; equal to VIR_DOMAIN_XML_SECURE */
#define VR_FORM_INACTIVE (1u << 1)   /* what only a running guest has is left out; VIR_DOMAIN_XML_INACTIVE */
#define VR_FORM_MIGRATABLE (1u << 3) /* VIR_DOMAIN_XML_MIGRATABLE */
#define VR_FORM_STATUS (1u << 8)     /* the daemon's own record: everything, private parts included */
#define VR_FORM_VALIDATE (1u << 9)   /* parse: unknown names are errors */
#define VR_FORM_NO_HOOKS (1u << 10)  /* parse: only the tables; for tests of the tables */
#define VR_FORM_USER (1u << 16)      /* and above: the document's own */

/** One difference: where ("/domain/devices/disk[2]/driver/@cache"), and both values ("" = absent). */
typedef bool (*vr_diff_fn)(const char *path, const char *old, const char *new_, void *opaque);
