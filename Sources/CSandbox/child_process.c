#ifdef __linux__

#define _GNU_SOURCE
#include "child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

int sandbox_memory_file(void) { return memfd_create("lab", MFD_CLOEXEC); }

int sandbox_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failure = posix_spawnattr_setsigmask(attributes, &none);
    if (failure == 0) failure = posix_spawnattr_setsigdefault(attributes, &all);
    // An interrupt from the terminal is for the lab, not for a program whose end would count as a result.
    short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    return failure == 0 ? posix_spawnattr_setflags(attributes, flags) : failure;
}

static int set_actions(posix_spawn_file_actions_t *actions, const int descriptors[], size_t count) {
    int failure = 0;
    for (size_t i = 0; i < count && failure == 0; i++)
        failure = posix_spawn_file_actions_adddup2(actions, descriptors[i], (int)i);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    // What others in this process opened without close-on-exec. The sandbox's driver closes them elsewhere.
    if (failure == 0) failure = posix_spawn_file_actions_addclosefrom_np(actions, (int)count);
#endif
    return failure;
}

int sandbox_spawn(
    pid_t *process, char *const arguments[], char *const environment[], const int descriptors[], size_t count) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0) return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure == 0) {
        failure = set_attributes(&attributes);
        if (failure == 0) failure = set_actions(&actions, descriptors, count);
        if (failure == 0)
            failure = posix_spawn(process, arguments[0], &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

#else
// An empty file is not C.
typedef int child_process_is_for_linux;
#endif
