#if os(Linux)
    import Foundation
    import LabCore

    /// What the control groups that a process is in allow it: Linux's second version of them, as containers, `systemd` and
    /// batch systems use it.
    public struct ControlGroup: Sendable {
        /// The process's group and those around it, the outermost first.
        private let folders: [String]

        /// The groups of this process.
        public init() {
            self.init(root: "/sys/fs/cgroup", membership: KernelFile.text("/proc/self/cgroup") ?? "")
        }

        /// - Parameters:
        ///   - root: where the groups are mounted.
        ///   - membership: a process's groups, as `/proc/self/cgroup` has them.
        public init(root: String, membership: String) {
            let line = membership.split(separator: "\n").first { $0.hasPrefix("0::/") }
            let own = line?.dropFirst("0::/".count) ?? ""
            folders = own.split(separator: "/").reduce(into: [root]) { $0.append("\($0[$0.count - 1])/\($1)") }
        }

        /// Processors that all of them leave, rounded up; nil without a limit.
        public var processors: Int? {
            folders.compactMap(Self.quota).min().map { max(1, Int($0.rounded(.up))) }
        }

        /// Bytes that all of them leave; nil without a limit.
        public var freeMemoryBytes: Int64? {
            folders.compactMap { folder in
                guard let limit = Self.number("\(folder)/memory.max"),
                    let used = Self.number("\(folder)/memory.current")
                else { return nil }
                return max(0, limit - used)
            }.min()
        }

        /// How often a limit on processors has stopped it so far; nil without a limit.
        public var stops: Int? {
            let counts = folders.filter { Self.quota($0) != nil }.compactMap { folder in
                KernelFile.text("\(folder)/cpu.stat")?.split(separator: "\n").first { $0.hasPrefix("nr_throttled ") }
                    .flatMap { Int($0.dropFirst("nr_throttled ".count)) }
            }
            return counts.isEmpty ? nil : counts.reduce(0, +)
        }

        private static func quota(_ folder: String) -> Double? {
            let fields = (KernelFile.text("\(folder)/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
                .map { Double($0) }
            guard fields.count == 2, let quota = fields[0], let period = fields[1], period > 0 else { return nil }
            return quota / period
        }

        private static func number(_ path: String) -> Int64? {
            KernelFile.text(path).flatMap { Int64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
    }
#endif
