/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* How long each class of wait may take: the one table. Spans, to be added to the time at which the wait begins. */
#include "base/clock.h"
#include "driver/store.h" /* VR_SPAN_STORE */

#define VR_SPAN_JOB VR_SEC(30)        /* for a job on the domain, as stock waits */
#define VR_SPAN_QUERY VR_SEC(5)       /* a QMP command that only asks */
#define VR_SPAN_MODIFY VR_SEC(120)    /* a QMP command that changes something */
#define VR_SPAN_HANDSHAKE VR_SEC(60)  /* from exec to the monitor's greeting and capabilities */
#define VR_SPAN_RECONNECT VR_SEC(30)  /* the same for a guest found at daemon start */
#define VR_SPAN_LAUNCH VR_SEC(60)     /* preparing the process: cgroup, mounts, labels */
#define VR_SPAN_HOOK VR_SEC(60)       /* the scripts of one occasion in a guest's life */
#define VR_SPAN_CLEANUP VR_SEC(30)    /* everything that follows the end of a guest */
#define VR_SPAN_TERM VR_SEC(10)       /* between SIGTERM and SIGKILL, then as long again for the kernel */
#define VR_SPAN_STATS VR_SEC(3)       /* one shared wait of a bulk statistics call */
#define VR_SPAN_STATS_NOWAIT VR_MS(100)
