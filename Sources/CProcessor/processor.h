// What the processor that runs the program can do, asked of the compiler's runtime.
#pragma once
#include <stdbool.h>

static inline bool processor_has_avx2(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}
