import Evaluation
import Foundation
import LabCore
import ModelFormats
import Quantization

/// The importance matrix of a conversion: read, merged from several, or computed.
struct ConversionCalibration {
    let options: ConversionOptions
    let checkpoint: Checkpoint
    let progress: ProgressHandler

    /// The matrix that the options ask for; nil when they ask for none.
    ///
    /// What is computed or merged is written to `gguf/NAME-imatrix.gguf` in the output.
    func make() throws -> Calibration? {
        var given = try options.importanceMatrices.map { try ImportanceMatrix(contentsOf: URL(fileURLWithPath: $0)) }
        if given.count == 1, options.calibration == nil, let name = options.importanceMatrices.first {
            return Calibration(
                matrix: given[0], file: name, sha256: try FileDigest.compute(URL(fileURLWithPath: name)))
        }
        if let text = options.calibration { given.append(try ImportanceMatrix(contentsOf: try computed(from: text))) }
        guard var sum = given.first else { return nil }
        for matrix in given.dropFirst() { try sum.add(matrix) }
        let folder = options.output.appendingPathComponent("gguf", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("\(checkpoint.name)-imatrix.gguf".lowercased())
        try sum.write(to: file)
        return Calibration(matrix: sum, file: file.lastPathComponent, sha256: try FileDigest.compute(file))
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
