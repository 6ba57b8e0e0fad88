public import Foundation
public import Inference
import LabCore

/// How the worker of a backend is started.
public struct WorkerProgram: Sendable {
    private let executable: URL
    private let arguments: [String]
    private let silenceLimit: Duration
    private let hasMachineAlone: Bool

    /// The worker on a backend: llama.cpp's, or for "mlx" that on mlx-lm, whose environment is made where it is missing.
    ///
    /// - Throws: ``InferenceError`` with code `backendMissing` where there is no environment for mlx-lm and none can be made.
    init(for backend: String, options: RunOptions) throws {
        try self.init(
            for: backend, worker: options.worker, silenceLimit: options.workerSilenceLimit,
            hasMachineAlone: options.suite.evaluations.allSatisfy { $0.evaluator == .throughput })
    }

    /// The worker on a backend, with the program of llama.cpp's, the silence after which one counts as hung, and whether
    /// it is to be as fast as it can on a machine with nothing else to do.
    public init(
        for backend: String, worker: URL = Locations.worker, silenceLimit: Duration = .seconds(600),
        hasMachineAlone: Bool = false
    ) throws {
        self.silenceLimit = silenceLimit
        self.hasMachineAlone = hasMachineAlone
        guard backend == "mlx" else {
            executable = worker
            arguments = []
            return
        }
        guard let clone = Locations.clone else {
            throw InferenceError(
                .backendMissing, "no mlx worker: it is run from a clone of the lab, and LAB_ROOT names none",
                remedy: "start the lab with ./lab")
        }
        executable = try Self.presentPython ?? Self.python(by: clone.appendingPathComponent("lab"))
        // Neither the user's own packages nor the working directory have a part in it.
        arguments = ["-s", "-P", clone.appendingPathComponent("workers/mlx").path]
    }

    /// Why mlx cannot be run without making an environment for mlx-lm first; nil where it is there.
    static var obstacleToMLX: RunnerError? {
        presentPython == nil
            ? RunnerError(
                "no mlx worker: mlx-lm has no environment on this machine", remedy: "./lab engine mlx makes it")
            : nil
    }

    /// The Python with mlx-lm, where its environment was there when it was first looked for.
    private static let presentPython: URL? = Locations.clone.flatMap { clone in
        try? python(by: clone.appendingPathComponent("lab"), "--present")
    }

    /// A worker that has been started.
    public func start() throws -> Worker {
        try Worker(
            executable: executable, arguments: arguments, silenceLimit: silenceLimit, hasMachineAlone: hasMachineAlone)
    }

    /// The Python with mlx-lm, as `./lab engine mlx` provides it.
    private static func python(by launcher: URL, _ options: String...) throws -> URL {
        let printed = try output(of: launcher, ["engine", "mlx"] + options)
        guard let path = printed?.split(separator: "\n").last else {
            throw InferenceError(
                .backendMissing, "no mlx worker: the environment of mlx-lm could not be made",
                remedy: "./lab engine mlx says why")
        }
        return URL(fileURLWithPath: String(path))
    }

    /// What a program prints; nil where it fails.
    private static func output(of program: URL, _ arguments: [String]) throws -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? text : nil
    }
}
