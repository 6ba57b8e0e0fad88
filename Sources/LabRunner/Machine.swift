import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the lab knows of the machine it runs on.
public enum Machine {
    /// Threads for computation: the processors this process may use, cgroup limits respected, without counting the
    /// two hardware threads of one core twice.
    public static var defaultThreads: Int {
        var threads = ProcessInfo.processInfo.activeProcessorCount
        #if os(Linux)
            if let cores = physicalCores(in: text("/proc/cpuinfo")) { threads = min(threads, cores) }
            if let quota = ControlGroup().processors { threads = min(threads, quota) }
        #else
            var performanceCores: Int32 = 0
            var size = MemoryLayout<Int32>.size
            if sysctlbyname("hw.perflevel0.physicalcpu", &performanceCores, &size, nil, 0) == 0, performanceCores > 0 {
                threads = min(threads, Int(performanceCores))
            }
        #endif
        return max(1, threads)
    }

    /// Operating system, version and architecture.
    public static var system: String {
        #if arch(x86_64)
            let architecture = "x86_64"
        #else
            let architecture = "arm64"
        #endif
        #if os(Linux)
            let release = text("/etc/os-release").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
            let name = release.map { $0.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: ["\""]) } ?? "Linux"
            return "\(name), \(architecture)"
        #else
            return "macOS \(ProcessInfo.processInfo.operatingSystemVersionString), \(architecture)"
        #endif
    }

    /// Processor name.
    public static var processor: String {
        #if os(Linux)
            let line = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
            return line.flatMap { $0.split(separator: ":").last }?.trimmingCharacters(in: .whitespaces) ?? "unknown"
        #else
            var size = 0
            sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0)
            var buffer = [UInt8](repeating: 0, count: max(1, size))
            sysctlbyname("machdep.cpu.brand_string", &buffer, &size, nil, 0)
            return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        #endif
    }

    /// Memory that a process may take without anything being written to disk: what the kernel calls available, within the
    /// control group's limit; nil where the system does not tell.
    static var availableMemoryBytes: Int64? {
        #if os(Linux)
            func kilobytes(_ name: String) -> Int64? {
                text("/proc/meminfo").split(separator: "\n").first { $0.hasPrefix(name + ":") }.flatMap { line in
                    line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
                }
            }
            return [kilobytes("MemAvailable").map { $0 * 1024 }, ControlGroup().freeMemoryBytes].compactMap { $0 }.min()
        #else
            return Int64(clamping: ProcessInfo.processInfo.physicalMemory)
        #endif
    }

    /// The machine as a run records it.
    static func record(device: String, threads: Int) -> MachineRecord {
        MachineRecord(
            system: system, processor: processor, device: device, threads: threads,
            memoryBytes: Int64(clamping: ProcessInfo.processInfo.physicalMemory))
    }

    #if os(Linux)
        /// Cores of the processors that the kernel lists, as `/proc/cpuinfo` has it; nil where it does not tell.
        public static func physicalCores(in list: String) -> Int? {
            var cores = Set<String>()
            for block in list.components(separatedBy: "\n\n") {
                func field(_ name: String) -> Substring? {
                    block.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":").last
                }
                guard let package = field("physical id"), let core = field("core id") else { continue }
                cores.insert("\(package)/\(core)")
            }
            return cores.isEmpty ? nil : cores.count
        }

        private static func text(_ path: String) -> String {
            KernelFile.text(path) ?? ""
        }
    #endif
}
