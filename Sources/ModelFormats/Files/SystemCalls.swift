#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's words for the last failed call, such as "No space left on device".
func lastSystemError() -> (number: Int32, text: String) {
    let number = errno
    return (number, String(cString: strerror(number)))
}

/// How to mend a failed write.
func remedyForWriting(_ number: Int32) -> String {
    switch number {
    case ENOSPC, EDQUOT: "Free some disk space, or write somewhere else. Nothing was left under the final name."
    case EFBIG: "Raise the limit on file sizes, or write somewhere else. Nothing was left under the final name."
    case EACCES, EPERM, EROFS: "Choose a directory that you may write to."
    case ENOENT, ENOTDIR: "Create the directory first."
    default: "Check the disk. Nothing was left under the final name."
    }
}

/// The largest count given to one `pread` or `pwrite`: Darwin refuses 2 GiB and more.
let maximumTransferBytes = 1 << 30
