/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target of this room as an ordinary test, and its corpus.
 *     NAME_fuzz_corpus              runs the seeds, each also cut short everywhere and with bytes changed
 *     NAME_fuzz_corpus --write DIR  writes the seeds as files, for libFuzzer to start from
 * Compiled once per target, with its seeds (-DSEEDS="FILE").
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const seeds[] = {
#include SEEDS
};
#define COUNT (sizeof(seeds) / sizeof(seeds[0]))
#define CUTS 40
#define CHANGES 60

static void run(const char *data, size_t len)
{
    /* Of exactly that size, so that a sanitizer sees a byte too many. */
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

int main(int argc, char **argv)
{
    unsigned random = 1;
    alarm(100);
    for (size_t i = 0; i < COUNT; i++) {
        size_t len = strlen(seeds[i]);
        if (argc == 3) {
            char path[4096];
            snprintf(path, sizeof(path), "%s/seed%zu", argv[2], i);
            FILE *f = fopen(path, "w");
            if (!f || fwrite(seeds[i], 1, len, f) != len || fclose(f) != 0)
                return 1;
            continue;
        }
        run(seeds[i], len);
        for (size_t cut = 0; cut < len; cut += len / CUTS + 1)
            run(seeds[i], cut);
        for (int n = 0; n < CHANGES; n++) {
            char *changed = strdup(seeds[i]);
            for (int k = 0; k < 3; k++) {
                random = random * 1103515245 + 12345;
                changed[random % len] = (char)((random >> 16) & 0x7f);
            }
            run(changed, strlen(changed));
            free(changed);
        }
    }
    printf("%zu seeds\n", COUNT);
    return 0;
}
