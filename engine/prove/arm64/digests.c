/* Encodes generated weights, each block type with and without importance, and prints a digest of the bytes of each:
   by the lab's kernels, or with -DENGINE by the engine's functions. All weights are within what every type can hold. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ENGINE
#include "ggml.h"
#else
long lab_encode(uint32_t type, const float *values, long rows, long row_elements, const float *importance, void *out);
#endif

enum { ROWS = 24, ROW_ELEMENTS = 5 * 256, COUNT = ROWS * ROW_ELEMENTS, ROUNDS = 40 };

/* xorshift64 (Marsaglia 2003). */
static uint64_t state = 88172645463325252u;
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* The same on every machine: whole numbers times powers of two, or bits. */
static float weight(int kind) {
    uint64_t random = next();
    float centred = (float)((int)(random % 2001) - 1000), value;
    uint32_t bits = (uint32_t)random;
    switch (kind) {
    case 0: return centred * 0x1p-15f;
    case 1: return centred * (float)((int)((random >> 32) % 1001)) * 0x1p-24f; /* heavy tails */
    case 2: bits = (bits & 0x807fffff) | (uint32_t)(1 + (random >> 40) % 140) << 23; break; /* all magnitudes */
    case 3: bits &= 0x807f0000; break; /* denormals */
    default: return random % 8 == 0 ? centred * 0x1p-7f : random & 64 ? 0.f : -0.f; /* sparse */
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

int main(void) {
    static const uint32_t types[] = {2, 3, 6, 7, 8, 10, 11, 12, 13, 14};
    float *values = malloc(COUNT * sizeof(float)), *importance = malloc(ROW_ELEMENTS * sizeof(float));
    unsigned char *bytes = malloc(COUNT * sizeof(float));
    for (unsigned t = 0; t < sizeof types / sizeof *types; t++)
        for (int weighted = 0; weighted < 2; weighted++) {
            uint64_t digest = 1469598103934665603u; /* FNV-1a */
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < COUNT; i++) values[i] = weight(round % 5);
                for (int i = 0; i < ROW_ELEMENTS; i++)
                    importance[i] = (float)(next() % 1024) * 0x1p-10f * (round % 2 ? next() % 3 == 0 : 1);
                memset(bytes, 0, COUNT * sizeof(float));
#ifdef ENGINE
                ggml_quantize_init(types[t]);
                ggml_quantize_chunk(types[t], values, bytes, 0, ROWS, ROW_ELEMENTS, weighted ? importance : NULL);
#else
                long bad = lab_encode(types[t], values, ROWS, ROW_ELEMENTS, weighted ? importance : NULL, bytes);
                if (bad != -1) return printf("type %u: block %ld is refused\n", types[t], bad), 1;
#endif
                for (unsigned i = 0; i < COUNT * sizeof(float); i++) digest = (digest ^ bytes[i]) * 1099511628211u;
            }
            printf("type %u%s: %016llx\n", types[t], weighted ? " with importance" : "", (unsigned long long)digest);
        }
    return 0;
}
