import Evaluation
public import Foundation
public import LabCore
import ModelFormats
public import Quantization

/// An importance matrix for a checkpoint: read, computed, or several added up.
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

    /// Computes what is to be computed, adds up and writes the sum.
    ///
    /// Throws an error that names the file, or the text that models are measured on.
    public func write(to file: URL) throws -> ImportanceMatrix {
        var matrices = try options.importanceMatrices.map {
            try ImportanceMatrix(contentsOf: URL(fileURLWithPath: $0))
        }
        if let text = options.calibration {
            matrices.append(try ImportanceMatrix(contentsOf: try computed(from: text)))
        }
        guard var sum = matrices.first else {
            throw RunnerError(
                "there is nothing to calibrate on", remedy: "add --calibration-data FILE or --imatrix FILE",
                exitCode: .usage)
        }
        for matrix in matrices.dropFirst() { try sum.add(matrix) }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try sum.write(to: file)
        return sum
    }

    /// The matrix that a conversion asks for; nil when it asks for none.
    ///
    /// What is computed or added up is written to `gguf/NAME-imatrix.gguf` in the output.
    func calibration(of name: String) throws -> Calibration? {
        if options.calibration == nil, options.importanceMatrices.count < 2 {
            guard let given = options.importanceMatrices.first else { return nil }
            let file = URL(fileURLWithPath: given)
            return Calibration(
                matrix: try ImportanceMatrix(contentsOf: file), file: given, sha256: try FileDigest.compute(file))
        }
        let file = options.output.appendingPathComponent("gguf", isDirectory: true)
            .appendingPathComponent("\(name)-imatrix.gguf".lowercased())
        return Calibration(
            matrix: try write(to: file), file: file.lastPathComponent, sha256: try FileDigest.compute(file))
    }

    private func computed(from text: CalibrationText) throws -> URL {
        let parent = try ArtifactStore(at: options.store).artifacts(
            of: options.model, recipes: [ArtifactStore.parentRecipe], threads: options.threads, progress: progress)
        guard let record = parent.records.first else { throw RunnerError("the store made no parent") }
        return try Calibrator(
            store: options.store, threads: options.threads, worker: options.worker,
            silenceLimit: options.workerSilenceLimit, progress: progress
        ).matrix(of: record, text: text, apartFrom: CalibrationText.evaluationTexts(of: options.model))
    }
}
