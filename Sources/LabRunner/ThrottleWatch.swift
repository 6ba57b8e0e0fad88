import Foundation
import LabCore

/// Watches, while speed is measured, whether processor or device run slower than they can.
///
/// Clocks have no counter, so they are looked at after each repetition, when a device is already at the next.
final class ThrottleWatch {
    private let processor = ProcessorWatch()
    private let devices: NVIDIAWatch?

    /// Begins to watch.
    ///
    /// - Parameter backend: devices of others than the processor are watched where NVML knows them.
    init(backend: String) {
        devices = backend == "cpu" ? nil : NVIDIAWatch()
        // Not yet at the devices, which have nothing to do.
        processor.look()
    }

    /// Looks at what has no counter: clocks, and reasons for them.
    func look() {
        processor.look()
        devices?.look()
    }

    /// What was seen since the beginning, and what was looked at.
    var record: ThrottlingRecord {
        let (own, others) = (processor.record, devices?.record ?? ThrottlingRecord())
        return ThrottlingRecord(seen: own.seen + others.seen, sources: own.sources + others.sources)
    }
}

#if os(Linux)
    /// The processor's counters and clocks, as far as the kernel tells.
    private final class ProcessorWatch {
        private let cores: [String]
        private let thermalBefore: Int?
        private let quotaBefore: Int?
        private let ticksBefore: (stolen: Double, all: Double)?
        private let highestKilohertz: Int?
        private var kilohertz: ClosedRange<Int>?

        private static let root = "/sys/devices/system/cpu"
        /// A share of processor time that others took which is worth a word.
        private static let notableShare = 0.01

        init() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.root)) ?? []
            cores = names.filter { $0.hasPrefix("cpu") && Int($0.dropFirst(3)) != nil }.sorted()
            thermalBefore = Self.thermalEvents(cores)
            quotaBefore = ControlGroup().stops
            ticksBefore = Self.ticks()
            highestKilohertz =
                cores.compactMap { Self.number("\(Self.root)/\($0)/cpufreq/cpuinfo_max_freq") }.max()
        }

        func look() {
            let now = cores.compactMap { Self.number("\(Self.root)/\($0)/cpufreq/scaling_cur_freq") }
            guard let low = now.min(), let high = now.max() else { return }
            kilohertz = min(low, kilohertz?.lowerBound ?? low)...max(high, kilohertz?.upperBound ?? high)
        }

        var record: ThrottlingRecord {
            var record = ThrottlingRecord()
            if let before = thermalBefore, let now = Self.thermalEvents(cores) {
                record.sources.append("thermal throttle counters")
                if now > before { record.seen.append("\(now - before) thermal throttle events of the processor") }
            }
            if let range = kilohertz {
                let most = highestKilohertz.map { " of at most \(Self.gigahertz($0))" } ?? ""
                record.sources.append(
                    "clock \(Self.gigahertz(range.lowerBound)) to \(Self.gigahertz(range.upperBound))\(most) GHz")
            }
            if let before = quotaBefore, let now = ControlGroup().stops {
                record.sources.append("the control group's quota")
                if now > before { record.seen.append("the control group's quota stopped it \(now - before) times") }
            }
            if let before = ticksBefore, let now = Self.ticks(), now.all > before.all {
                record.sources.append("time stolen by other machines")
                let share = (now.stolen - before.stolen) / (now.all - before.all)
                if share >= Self.notableShare {
                    record.seen.append("other machines took \((100 * share).fixed(1)) % of the processors' time")
                }
            }
            return record
        }

        private static func thermalEvents(_ cores: [String]) -> Int? {
            let counts = cores.flatMap { core in
                ["core", "package"].compactMap { number("\(root)/\(core)/thermal_throttle/\($0)_throttle_count") }
            }
            return counts.isEmpty ? nil : counts.reduce(0, +)
        }

        private static func ticks() -> (stolen: Double, all: Double)? {
            let line = KernelFile.text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("cpu ") }
            let fields = (line ?? "").split(separator: " ").dropFirst().compactMap { Double($0) }
            // user nice system idle iowait irq softirq steal, then guests, which user has counted already.
            return fields.count >= 8 ? (fields[7], fields.prefix(8).reduce(0, +)) : nil
        }

        private static func number(_ path: String) -> Int? {
            KernelFile.text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }

        private static func gigahertz(_ kilohertz: Int) -> String { (Double(kilohertz) / 1e6).fixed(2) }
    }
#else
    /// The system's own word on heat.
    private final class ProcessorWatch {
        private var worst = ProcessInfo.processInfo.thermalState

        func look() {
            let now = ProcessInfo.processInfo.thermalState
            if now.rawValue > worst.rawValue { worst = now }
        }

        var record: ThrottlingRecord {
            let seen: [String] =
                switch worst {
                case .serious: ["the system's thermal state was serious"]
                case .critical: ["the system's thermal state was critical"]
                default: []
                }
            return ThrottlingRecord(seen: seen, sources: ["the system's thermal state"])
        }
    }
#endif
