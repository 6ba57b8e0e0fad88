// Starting a program with nothing of this process but what it is handed. Linux only.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// A file in memory, close-on-exec; -1, with errno, when there can be none.
int sandbox_memory_file(void);

/// A pipe's reading and writing end, close-on-exec; -1, with errno, when there can be none.
int sandbox_pipe(int ends[2]);

/// Starts `arguments[0]` in a session of its own, without signal handlers or blocked signals, with `descriptors` as
/// its 0, 1, 2 and so on. None of these numbers may be one of the first `count` itself. Returns 0 or an errno.
int sandbox_spawn(
    pid_t *process, char *const arguments[], char *const environment[], const int descriptors[], size_t count);
