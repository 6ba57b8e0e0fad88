// Limits on what one case of a fuzzing run may take. A program that has this linked in counts its allocations.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// The exit status of a process that wanted more memory than its case may hold.
#define CASE_LIMITS_MEMORY_STATUS 97

/// Whether memory is limited on this system: with the GNU C library. Time is limited everywhere.
bool case_limits_count_memory(void);

/// From now on, holding more than `bytes` beyond what is held now ends the process with CASE_LIMITS_MEMORY_STATUS,
/// and computing for more than `milliseconds` with SIGPROF.
void case_limits_begin(size_t bytes, unsigned milliseconds);

/// Ends the limits. Returns the most bytes that were held at once beyond what was held at the beginning; 0 where
/// memory is not counted.
size_t case_limits_end(void);
