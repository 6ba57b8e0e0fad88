import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs the built `lab` as a user's shell would, with everything it keeps in a folder of its own.
final class LabCommand {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let products = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent()
    static let executable = products.appendingPathComponent("lab")
    static let quantizer = products.appendingPathComponent("llama-pajamas-quant")
    static let runner = products.appendingPathComponent("llama-pajamas-run")
    static let model = root.appendingPathComponent("fixtures/pajama-tiny")

    /// The folder; removed with the value.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lab-test-\(UUID())", isDirectory: true)

    var history: URL { folder.appendingPathComponent("history.sqlite") }
    var store: URL { folder.appendingPathComponent("store", isDirectory: true) }
    var reports: URL { folder.appendingPathComponent("reports", isDirectory: true) }

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Starts `lab run SUITE` with this folder's history, store and reports.
    func start(run suite: String, _ arguments: [String] = []) throws -> Running {
        let places = ["--history", history.path, "--store", store.path, "--output", reports.path]
        // A later option of the same name wins, so a test may replace a place.
        return try Running([Self.executable.path, "run", suite] + Self.merge(places, arguments))
    }

    func run(_ suite: String, _ arguments: [String] = []) throws -> Result {
        try start(run: suite, arguments).wait()
    }

    /// Starts a command of llama-pajamas-quant, with what it keeps in this folder.
    private func start(
        quantizer command: String, model: URL, to output: URL, _ arguments: [String]
    ) throws -> Running {
        try Running(
            ["LAB_CACHE=\(folder.path)/cache", "LAB_STORE=\(store.path)", Self.quantizer.path, command]
                + ["--model", model.path, "--output", output.path] + arguments)
    }

    func start(convert model: URL, to output: URL, _ arguments: [String] = []) throws -> Running {
        try start(quantizer: "convert", model: model, to: output, arguments)
    }

    func convert(model: URL = LabCommand.model, to output: URL, _ arguments: [String] = []) throws -> Result {
        try start(convert: model, to: output, arguments).wait()
    }

    func start(calibrateTo file: URL, _ arguments: [String] = []) throws -> Running {
        try start(quantizer: "calibrate", model: Self.model, to: file, arguments)
    }

    func calibrate(to file: URL, _ arguments: [String] = []) throws -> Result {
        try start(calibrateTo: file, arguments).wait()
    }

    /// What is kept of calibrations that have not ended.
    func unfinishedMatrices() -> [String] {
        let walker = FileManager.default.enumerator(atPath: store.path)
        return (walker?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix("/unfinished.gguf") }
    }

    /// Runs any command.
    static func command(_ words: [String]) throws -> Result {
        try Running(words).wait()
    }

    /// `report.json` of the newest run.
    func report() throws -> Report {
        let file = reports.appendingPathComponent("latest/report.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(contentsOf: file))
    }

    /// The value of a metric in the newest run's report; nil when it was not measured once.
    func value(_ metric: String, of evaluation: String = "fidelity") throws -> Double? {
        let found = try report().measurements.filter { $0.metric == metric && $0.evaluation == evaluation }
        return found.count == 1 ? found[0].value : nil
    }

    /// Every file below the folder whose name says that it is not whole.
    func partialFiles() -> [String] {
        let walker = FileManager.default.enumerator(atPath: folder.path)
        return (walker?.compactMap { $0 as? String } ?? []).filter { $0.contains("partial") }
    }

    private static func merge(_ places: [String], _ arguments: [String]) -> [String] {
        var kept: [String] = []
        for index in stride(from: 0, to: places.count, by: 2) where !arguments.contains(places[index]) {
            kept += places[index...index + 1]
        }
        return kept + arguments
    }

    /// The fields of `report.json` that these tests look at.
    struct Report: Decodable {
        struct Verdict: Decodable {
            struct Evidence: Decodable {
                let basis: String
                let chunksUsed: Int
                let chunksAvailable: Int
            }
            let evaluation: String
            let backend: String
            let metric: String?
            let status: String
            let reason: String
            let evidence: Evidence?
        }
        struct Measurement: Decodable {
            let evaluation: String
            let metric: String
            let value: Double
            let cached: Bool
            let samplesSha256: String?
        }
        struct Artifact: Decodable {
            struct Calibration: Decodable {
                let datasets: [String]
                let windows: Int
            }
            let path: String
            let recipe: String
            let sha256: String
            let calibration: Calibration?
        }
        struct Fidelity: Decodable, Equatable {
            struct Pack: Decodable, Equatable {
                let id: String
                let bytes: Int
            }
            let positions: Int
            let klStandardErrorNats: Double
            let pack: Pack?
        }
        struct Reuse: Decodable {
            let samplesComputed: Int
            let samplesReused: Int
            let artifactsBuilt: Int
            let changes: [String]?
        }
        let verdict: String
        let verdicts: [Verdict]
        let measurements: [Measurement]
        let artifacts: [Artifact]
        let reuse: Reuse
        let fidelity: [Fidelity]
    }

    /// A command that was started.
    final class Running {
        private let process = Process()
        private let output = FileManager.default.temporaryDirectory.appendingPathComponent("out-\(UUID())")
        private let errors = FileManager.default.temporaryDirectory.appendingPathComponent("err-\(UUID())")

        init(_ words: [String]) throws {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = words
            process.currentDirectoryURL = LabCommand.root
            // Files, not pipes: a command that fills a pipe nobody reads would hang.
            for file in [output, errors] { try Data().write(to: file) }
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }

        var isRunning: Bool { process.isRunning }

        func kill() { Self.send(SIGKILL, to: process.processIdentifier) }

        func wait() throws -> Result {
            process.waitUntilExit()
            defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
            return Result(
                status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
                errors: try String(contentsOf: errors, encoding: .utf8))
        }

        private static func send(_ signal: Int32, to process: Int32) {
            #if canImport(Glibc)
                _ = Glibc.kill(process, signal)
            #else
                _ = Darwin.kill(process, signal)
            #endif
        }
    }
}
