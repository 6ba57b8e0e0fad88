#include "sandbox_filter.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#else
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, member))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
// The call fails with EPERM, which Python raises as PermissionError.
#define REFUSE(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM)

// Numbers that headers of an older system lack; they are the same on every processor.
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#define SYS_fspick 433
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static const struct sock_filter filter[] = {
    // Numbers mean other calls to a 32-bit program.
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#if defined(__x86_64__)
    // So they do in the x32 form of these calls.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    REFUSE(SYS_fork),
    REFUSE(SYS_vfork),
    REFUSE(SYS_modify_ldt),
#endif
    // One process with one thread: a limit on their number does not bind where the lab runs as root.
    REFUSE(SYS_clone),
    REFUSE(SYS_clone3),
    // No sockets: not every family of them belongs to a network namespace (AF_VSOCK reaches a machine's host).
    REFUSE(SYS_socket),
    REFUSE(SYS_socketpair),
    // No namespaces and no mounts.
    REFUSE(SYS_unshare),
    REFUSE(SYS_setns),
    REFUSE(SYS_mount),
    REFUSE(SYS_umount2),
    REFUSE(SYS_pivot_root),
    REFUSE(SYS_chroot),
    REFUSE(SYS_open_tree),
    REFUSE(SYS_move_mount),
    REFUSE(SYS_fsopen),
    REFUSE(SYS_fsconfig),
    REFUSE(SYS_fsmount),
    REFUSE(SYS_fspick),
    REFUSE(SYS_mount_setattr),
    // No other process.
    REFUSE(SYS_ptrace),
    REFUSE(SYS_process_vm_readv),
    REFUSE(SYS_process_vm_writev),
    REFUSE(SYS_process_madvise),
    REFUSE(SYS_pidfd_open),
    REFUSE(SYS_pidfd_getfd),
    REFUSE(SYS_kcmp),
    // No memory that the limit on the address space does not count.
    REFUSE(SYS_memfd_create),
    REFUSE(SYS_memfd_secret),
    REFUSE(SYS_shmget),
    REFUSE(SYS_shmat),
    REFUSE(SYS_msgget),
    REFUSE(SYS_semget),
    REFUSE(SYS_mq_open),
    // No parts of the kernel that a function has no use for and that its escapes have come through.
    REFUSE(SYS_bpf),
    REFUSE(SYS_perf_event_open),
    REFUSE(SYS_io_uring_setup),
    REFUSE(SYS_userfaultfd),
    REFUSE(SYS_keyctl),
    REFUSE(SYS_add_key),
    REFUSE(SYS_request_key),
    REFUSE(SYS_name_to_handle_at),
    REFUSE(SYS_open_by_handle_at),
    REFUSE(SYS_fanotify_init),
    REFUSE(SYS_quotactl),
    REFUSE(SYS_syslog),
    REFUSE(SYS_execveat),
    ANSWER(SECCOMP_RET_ALLOW),
};

const void *sandbox_filter(size_t *bytes) {
    *bytes = sizeof filter;
    return filter;
}

#else

const void *sandbox_filter(size_t *bytes) {
    *bytes = 0;
    return NULL;
}

#endif
