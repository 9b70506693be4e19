/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* XML documents that commands print or look into. */
#include "virsh.h"

/* The rows of every ...-dumpxml. */
#define VR_OPTS_DOCUMENT                                                                           \
    { "xpath", VR_OPT_STRING, VR_KEYWORD, N_("print what this XPath expression selects, not all") },                    \
        { "wrap", VR_OPT_BOOL, .help = N_("put what --xpath selects into one element, so that it is a document") }
#define VR_OPT_VALIDATE { "validate", VR_OPT_BOOL, .help = N_("refuse a document that the schema does not allow") }

/** vr_print_xml of a document that is malloc'd and taken; NULL is a failure that was reported. */
bool vr_document_print(struct vr_cmd *cmd, char *xml);

/** What "string(...)" is in @xml; NULL when that is empty, or @xml is no XML. malloc'd. */
char *vr_document_string(const char *xml, const char *xpath);
bool vr_document_true(const char *xml, const char *xpath);
/**
 * What @xpath selects, each node printed as it stands; NULL-terminated, malloc'd, each malloc'd. NULL when @xml is no XML,
 * reported with libvirt's sentence naming @what: "(network definition):1: ...".
 */
char **vr_document_nodes(struct vr_cmd *cmd, const char *xml, const char *what, const char *xpath);
void vr_document_nodes_free(char **nodes);
/** The document with the text of its first @xpath replaced; NULL, reported, when that is not there. malloc'd. */
char *vr_document_with(struct vr_cmd *cmd, const char *xml, const char *what, const char *xpath, const char *text);
/** Text as XML wants it between tags or in an attribute. */
void vr_document_escape(struct vr_buf *to, const char *text);
