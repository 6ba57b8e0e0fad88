import Evaluation
public import Foundation
public import LabCore
import ModelFormats
import Quantization

/// An importance matrix for a checkpoint: read, computed, or several added up.
///
/// What is computed or added up lies in the store, by what it was made from; nothing is written elsewhere.
public struct CalibrationRun {
    private let options: ConversionOptions
    private let progress: ProgressHandler

    /// A calibration.
    ///
    /// - Parameters:
    ///   - options: the checkpoint, the files and the text; recipes and limits play no part.
    public init(options: ConversionOptions, progress: @escaping ProgressHandler) {
        self.options = options
        self.progress = progress
    }

    /// The matrix that the options ask for; nil when they ask for none.
    ///
    /// Throws an error that names the file, or the text that models are measured on.
    func calibration() throws -> (calibration: Calibration, isOwn: Bool)? {
        var parts = try options.importanceMatrices.map { try Calibration(contentsOf: URL(fileURLWithPath: $0)) }
        guard options.calibration != nil || parts.count > 1 else { return parts.first.map { ($0, false) } }
        let store = try ArtifactStore(at: options.store)
        if let text = options.calibration {
            let calibrator = Calibrator(
                store: store, threads: options.threads, worker: options.worker,
                silenceLimit: options.workerSilenceLimit, progress: progress)
            parts.append(
                try calibrator.calibration(of: options.model, preTokenizer: options.preTokenizer, text: text)
                    .calibration)
        }
        return (parts.count > 1 ? try sum(of: parts, in: store) : parts[0], true)
    }

    /// Writes the matrix to a file, and returns how many tensors and windows it has.
    ///
    /// Throws an error that names the file.
    public func write(to file: URL) throws -> (tensors: Int, windows: Int) {
        if options.importanceMatrices.contains(where: { Self.isSame(URL(fileURLWithPath: $0), file) }) {
            throw RunnerError(
                "\(file.path) is to be read and written", remedy: "name another file with --output", exitCode: .usage)
        }
        try Folders.make(file.deletingLastPathComponent(), remedy: "name another file with --output")
        guard let calibration = try calibration()?.calibration else {
            throw RunnerError(
                "there is nothing to calibrate on", remedy: "add --calibration-data FILE or --imatrix FILE",
                exitCode: .usage)
        }
        try AtomicFile.write(Data(contentsOf: calibration.source), to: file)
        return (calibration.matrix.entries.count, calibration.matrix.chunkCount)
    }

    private static func isSame(_ one: URL, _ other: URL) -> Bool {
        one.standardizedFileURL.resolvingSymlinksInPath() == other.standardizedFileURL.resolvingSymlinksInPath()
    }

    /// Adds up several matrices.
    private func sum(of parts: [Calibration], in store: ArtifactStore) throws -> Calibration {
        var sum = parts[0].matrix
        for part in parts.dropFirst() { try sum.add(part.matrix) }
        let key = Digest(of: parts.map(\.sha256.hex).joined(separator: "\n"))
        let file = try store.placeOfMatrix(for: CachedOrigin.modelName(of: options.model), key: key)
        try sum.write(to: file)
        return try Calibration(contentsOf: file)
    }
}
