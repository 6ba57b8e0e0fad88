// The system calls that a program in the sandbox is refused, as a seccomp filter that bubblewrap installs.
#pragma once
#include <stddef.h>

/// The filter in the kernel's form, an array of `struct sock_filter`, and its size in bytes. It is never freed.
///
/// NULL, and 0 bytes, where it is not written for: systems other than Linux, processors other than x86-64 and arm64.
const void *sandbox_filter(size_t *bytes);
