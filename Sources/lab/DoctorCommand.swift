import ArgumentParser
import CodeSandbox
import Foundation
import Inference
import LabCore
import LabRunner

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this machine offers, what is missing, and how to get it.")

    @OptionGroup var places: PlaceOptions

    func run() throws {
        line("system", Machine.system)
        line("processor", "\(Machine.processor), \(Machine.defaultThreads) threads by default")
        line("memory", Self.gibibytes(Int64(clamping: ProcessInfo.processInfo.physicalMemory)))
        let bandwidth = MemoryBandwidth.measureBytesPerSecond(threads: Machine.defaultThreads)
        line("memory bandwidth", String(format: "%.1f GB/s read, measured", bandwidth / 1e9))
        line("store", "\(places.storeFolder.path), \(Self.freeSpace(at: places.storeFolder))")
        line("history", places.historyFile.path)
        switch CodeSandbox.make() {
        case .available(let sandbox):
            line("sandbox (optional)", "ready, for code that models write, with Python \(sandbox.pythonVersion)")
        case .unavailable(let reason, let remedy):
            line("sandbox (optional)", "absent: \(reason); \(remedy)")
        }

        let worker = try Worker(executable: Locations.worker, silenceLimit: .seconds(60))
        guard case .greeted(let greeting) = try worker.perform(.hello) else {
            throw InferenceError(.garbled, "the worker did not introduce itself")
        }
        line("engine", greeting.engine.build)
        for device in greeting.devices {
            line(
                "device \(device.name)",
                "\(device.description), \(Self.gibibytes(device.memoryFreeBytes)) free of "
                    + Self.gibibytes(device.memoryTotalBytes))
        }
        line("CPU features", greeting.cpuFeatures)
    }

    private func line(_ name: String, _ value: String) {
        print("\(name.padding(toLength: max(18, name.count), withPad: " ", startingAt: 0))  \(value)")
    }

    private static func gibibytes(_ bytes: Int64) -> String {
        String(format: "%.1f GiB", Double(bytes) / Double(1 << 30))
    }

    /// Free space of the nearest folder that exists.
    private static func freeSpace(at folder: URL) -> String {
        var folder = folder
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            folder.deleteLastPathComponent()
        }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value else { return "free space unknown" }
        return "\(gibibytes(free)) free"
    }
}
