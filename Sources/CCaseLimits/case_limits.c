#include "case_limits.h"

#include <signal.h>
#include <sys/time.h>

static void limit_time(unsigned milliseconds) {
    // Processor time, not wall time: a busy machine makes no case a hang.
    struct itimerval timer = {.it_value = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000}};
    setitimer(ITIMER_PROF, &timer, NULL);
}

#if defined(__GLIBC__)

// Every allocation is counted, by functions that take the place of the C library's. A limit on the address space
// would need no such functions, but it grows in steps of megabytes and memory that was freed hides in it; resident
// memory lacks what was allocated and not touched.

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long held, most_held, held_before;
static atomic_long limit = LONG_MAX;

static void end_process(size_t bytes) {
    char text[96];
    int length = snprintf(text, sizeof text, "one allocation of %zu bytes exceeds the limit of %ld\n", bytes,
                          atomic_load(&limit));
    if (write(STDERR_FILENO, text, (size_t)length) < 0) { /* The status says it as well. */ }
    _exit(CASE_LIMITS_MEMORY_STATUS);
}

/// Asked before the memory is, so that not even the attempt is made.
static void require(size_t bytes, size_t replaced) {
    long allowed = atomic_load_explicit(&limit, memory_order_relaxed);
    if (allowed == LONG_MAX) return;
    long left = allowed - (atomic_load(&held) - atomic_load(&held_before)) + (long)replaced;
    if (left < 0 || bytes > (size_t)left) end_process(bytes);
}

static void *counted(void *memory) {
    if (memory == NULL) return NULL;
    long size = (long)malloc_usable_size(memory);
    long now = atomic_fetch_add(&held, size) + size;
    long most = atomic_load(&most_held);
    while (now > most && !atomic_compare_exchange_weak(&most_held, &most, now)) {}
    return memory;
}

void *malloc(size_t size) {
    require(size, 0);
    return counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    require(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes, 0);
    return counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size) {
    size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
    require(size, before);
    void *moved = __libc_realloc(memory, size);
    if (moved != NULL || size == 0) atomic_fetch_sub(&held, (long)before);
    return counted(moved);
}

void *memalign(size_t alignment, size_t size) {
    require(size, 0);
    return counted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

void free(void *memory) {
    if (memory == NULL) return;
    atomic_fetch_sub(&held, (long)malloc_usable_size(memory));
    __libc_free(memory);
}

bool case_limits_count_memory(void) { return true; }

void case_limits_begin(size_t bytes, unsigned milliseconds) {
    long now = atomic_load(&held);
    atomic_store(&held_before, now);
    atomic_store(&most_held, now);
    atomic_store(&limit, bytes > LONG_MAX ? LONG_MAX : (long)bytes);
    limit_time(milliseconds);
}

size_t case_limits_end(void) {
    limit_time(0);
    atomic_store(&limit, LONG_MAX);
    return (size_t)(atomic_load(&most_held) - atomic_load(&held_before));
}

#else

bool case_limits_count_memory(void) { return false; }

void case_limits_begin(size_t bytes, unsigned milliseconds) { limit_time(milliseconds); }

size_t case_limits_end(void) {
    limit_time(0);
    return 0;
}

#endif
