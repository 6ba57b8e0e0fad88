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
        var files = options.importanceMatrices.map { URL(fileURLWithPath: $0) }
        let isOwn = options.calibration != nil || files.count > 1
        if let text = options.calibration { files.append(try computed(from: text)) }
        guard let first = files.first else { return nil }
        let file = files.count > 1 ? try sum(of: files) : first
        return (
            Calibration(
                matrix: try ImportanceMatrix(contentsOf: file), source: file, sha256: try FileDigest.compute(file)),
            isOwn
        )
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

    /// Adds up the matrices of several files.
    private func sum(of files: [URL]) throws -> URL {
        var matrices = try files.map(ImportanceMatrix.init(contentsOf:))
        var sum = matrices.removeFirst()
        for matrix in matrices { try sum.add(matrix) }
        let key = Digest(of: try files.map { try FileDigest.compute($0).hex }.joined(separator: "\n"))
        let name = options.model.standardizedFileURL.lastPathComponent
        let folder = options.store.appendingPathComponent("\(name)-imatrix-\(key.short)", isDirectory: true)
        try Folders.make(folder, remedy: "name another store with LAB_STORE")
        let file = folder.appendingPathComponent("\(name)-imatrix.gguf".lowercased())
        try sum.write(to: file)
        return file
    }

    private func computed(from text: CalibrationText) throws -> URL {
        let parent = try ArtifactStore(at: options.store).artifacts(
            of: options.model, recipes: [ArtifactStore.parentRecipe], preTokenizer: options.preTokenizer,
            threads: options.threads, progress: progress)
        guard let record = parent.records.first else { throw RunnerError("the store made no parent") }
        return try Calibrator(
            store: options.store, threads: options.threads, worker: options.worker,
            silenceLimit: options.workerSilenceLimit, progress: progress
        ).matrix(of: record, text: text, apartFrom: CalibrationText.evaluationTexts(of: options.model))
    }
}
