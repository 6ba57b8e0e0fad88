import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Clocks of NVIDIA's devices and the reasons why they are not higher, by NVML, the driver's own library.
final class NVIDIAWatch {
    private typealias Device = OpaquePointer
    private typealias Ask32 = @convention(c) (Device?, UInt32, UnsafeMutablePointer<UInt32>?) -> Int32

    /// The library stays loaded to the end of the process, as the driver's do.
    private let library: UnsafeMutableRawPointer
    private let devices: [(name: String, handle: Device)]
    private var reasons: Set<String> = []
    private var megahertz: ClosedRange<UInt32>?
    private var highest: UInt32?

    /// Reasons that slow a device down: bits of `nvmlClocksEventReasons`, by NVML's header.
    private static let slowing: [(bit: UInt64, words: String)] = [
        (0x04, "power cap"), (0x08, "hardware slowdown"), (0x20, "heat, by the driver"), (0x40, "heat, by the device"),
        (0x80, "power brake"),
    ]
    /// The bit of a device without work, whose clock says nothing.
    private static let idle: UInt64 = 0x01
    private static let streamingClock: UInt32 = 1

    /// Nil without the library, or without a device that it knows.
    init?() {
        guard let library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL) else { return nil }
        self.library = library
        guard
            let start = Self.function("nvmlInit_v2", library, (@convention(c) () -> Int32).self), start() == 0,
            let count = Self.function(
                "nvmlDeviceGetCount_v2", library, (@convention(c) (UnsafeMutablePointer<UInt32>?) -> Int32).self),
            let find = Self.function(
                "nvmlDeviceGetHandleByIndex_v2", library,
                (@convention(c) (UInt32, UnsafeMutablePointer<Device?>?) -> Int32).self),
            let nameOf = Self.function(
                "nvmlDeviceGetName", library,
                (@convention(c) (Device?, UnsafeMutablePointer<CChar>?, UInt32) -> Int32).self)
        else { return nil }
        var number: UInt32 = 0
        guard count(&number) == 0 else { return nil }
        devices = (0..<number).compactMap { index in
            var handle: Device?
            guard find(index, &handle) == 0, let handle else { return nil }
            var name = [CChar](repeating: 0, count: 96)
            guard nameOf(handle, &name, UInt32(name.count)) == 0 else { return ("device \(index)", handle) }
            return (String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self), handle)
        }
        if devices.isEmpty { return nil }
        highest = devices.compactMap { clock("nvmlDeviceGetMaxClockInfo", of: $0.handle) }.max()
    }

    /// Looks at clocks and their reasons, of devices that have work to do.
    func look() {
        typealias Ask64 = @convention(c) (Device?, UnsafeMutablePointer<UInt64>?) -> Int32
        let ask =
            Self.function("nvmlDeviceGetCurrentClocksEventReasons", library, Ask64.self)
            ?? Self.function("nvmlDeviceGetCurrentClocksThrottleReasons", library, Ask64.self)
        for (name, handle) in devices {
            var bits: UInt64 = 0
            if let ask, ask(handle, &bits) == 0 {
                for (bit, words) in Self.slowing where bits & bit != 0 { reasons.insert("\(words) on \(name)") }
                if bits & Self.idle != 0 { continue }
            }
            guard let clock = clock("nvmlDeviceGetClockInfo", of: handle) else { continue }
            megahertz = min(clock, megahertz?.lowerBound ?? clock)...max(clock, megahertz?.upperBound ?? clock)
        }
    }

    /// What was seen.
    var record: ThrottlingRecord {
        var sources = ["NVML's reasons for clocks"]
        if let megahertz {
            let most = highest.map { " of at most \($0)" } ?? ""
            sources.append("device clock \(megahertz.lowerBound) to \(megahertz.upperBound)\(most) MHz")
        }
        return ThrottlingRecord(seen: reasons.sorted(), sources: sources)
    }

    private func clock(_ name: String, of handle: Device) -> UInt32? {
        var value: UInt32 = 0
        guard let ask = Self.function(name, library, Ask32.self), ask(handle, Self.streamingClock, &value) == 0
        else { return nil }
        return value
    }

    private static func function<Signature>(
        _ name: String, _ library: UnsafeMutableRawPointer, _ type: Signature.Type
    ) -> Signature? {
        dlsym(library, name).map { unsafeBitCast($0, to: type) }
    }
}
