import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this process has in memory, as far as the system tells.
struct HostMemory {
    /// The most that was resident; nil where the system does not count.
    let peakBytes: Int64?
    /// Mapped files that are resident; nil where the system does not tell.
    let mappedBytes: Int64?

    /// Looks at the process.
    init() {
        #if os(Linux)
            let status = KernelFile.text("/proc/self/status") ?? ""
            func kilobytes(_ name: String) -> Int64? {
                status.split(separator: "\n").first { $0.hasPrefix(name + ":") }.flatMap { line in
                    line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) }
                }
            }
            peakBytes = kilobytes("VmHWM").map { $0 * 1024 }
            mappedBytes = kilobytes("RssFile").map { $0 * 1024 }
        #else
            var usage = rusage()
            peakBytes = getrusage(RUSAGE_SELF, &usage) == 0 ? Int64(usage.ru_maxrss) : nil
            mappedBytes = nil
        #endif
    }

    /// Counts the peak anew from here on, where the system can.
    static func forgetPeak() {
        #if os(Linux)
            // Where it is not allowed the peak stays that of the whole process, which is no less.
            if let file = fopen("/proc/self/clear_refs", "w") {
                fputs("5", file)
                fclose(file)
            }
        #endif
    }
}
