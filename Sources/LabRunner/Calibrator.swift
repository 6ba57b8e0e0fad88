import Evaluation
import Foundation
import Inference
import LabCore
import ModelFormats
import Quantization

/// Computes importance matrices in a worker and keeps them in the store, by what they were made from.
///
/// A matrix that is there is not computed again; one that was interrupted is continued after the last part that was
/// kept, and comes out the same.
struct Calibrator {
    let store: ArtifactStore
    let threads: Int
    let worker: URL
    let silenceLimit: Duration
    let progress: ProgressHandler

    /// Tokens of a window, as everybody's matrices have them.
    static let windowTokens = 512
    /// Windows between two writings: what an interruption may cost.
    private static let windowsPerPart = 8

    /// The matrix of a checkpoint's BF16 parent and a text, in `NAME-imatrix.gguf` in a folder of its own, and how many
    /// artifacts had to be made for it.
    ///
    /// - Parameter measured: texts that the calibration text must have nothing in common with, beside those that
    ///   ``CalibrationText`` knows of.
    func calibration(
        of model: URL, preTokenizer: String? = nil, text: CalibrationText, apartFrom measured: [Suite.Dataset] = []
    ) throws -> (calibration: Calibration, artifactsBuilt: Int) {
        let content = try text.read()
        try text.requireApart(content, from: CalibrationText.evaluationTexts(of: model, and: measured))
        let parents = try store.artifacts(
            of: model, recipes: [try ArtifactStore.parentRecipe()], preTokenizer: preTokenizer, threads: threads,
            progress: progress)
        guard let parent = parents.records.first else { throw RunnerError("the store made no parent") }
        return (try calibration(of: parent, text: text, content: content), parents.built)
    }

    private func calibration(of parent: ArtifactRecord, text: CalibrationText, content: String) throws -> Calibration {
        let worker = try Worker(executable: worker, silenceLimit: silenceLimit)
        guard case .greeted(let greeting) = try worker.perform(.hello) else {
            throw InferenceError(.garbled, "the worker did not introduce itself")
        }
        let key = Digest(
            of: [
                "imatrix/1", parent.sha256.hex, Digest(of: content).hex, text.name, "\(Self.windowTokens)",
                text.windows.map(String.init) ?? "all", greeting.engine.build, greeting.cpuFeatures, "\(threads)",
            ].joined(separator: "\n"))
        let file = try store.placeOfMatrix(for: parent.model, key: key)
        let lock = try FileLock(file.deletingLastPathComponent().appendingPathComponent("lock"))
        defer { withExtendedLifetime(lock) {} }
        if let known = try? Calibration(contentsOf: file) { return known }

        try load(parent, in: worker)
        let count = try chunk(content, of: text, in: worker)
        try compute(count, text: text, of: parent, into: file, with: worker)
        return try Calibration(contentsOf: file)
    }

    private func load(_ parent: ArtifactRecord, in worker: Worker) throws {
        let path = URL(fileURLWithPath: parent.path).standardizedFileURL.path
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: path, backend: "cpu", contextLength: Self.windowTokens, threads: threads, calibrates: true)))
    }

    /// Cuts the text and returns the number of windows to use.
    private func chunk(_ content: String, of text: CalibrationText, in worker: Worker) throws -> Int {
        let request = WorkerRequest.ChunkParameters(text: content, contextLength: Self.windowTokens)
        guard case .chunked(let chunks) = try worker.perform(.chunk(request)) else {
            throw InferenceError(.garbled, "the worker did not chunk the text")
        }
        let available = chunks.digests.count
        guard available >= text.windows ?? 1 else {
            throw RunnerError(
                """
                the calibration text \(text.file.path) has \(chunks.tokenCount) tokens, fewer than \
                \(text.windows ?? 1) x \(Self.windowTokens)
                """,
                remedy: "name a longer text, or fewer windows with --calibration-samples", exitCode: .usage)
        }
        return text.windows ?? available
    }

    private func compute(
        _ count: Int, text: CalibrationText, of parent: ArtifactRecord, into file: URL, with worker: Worker
    ) throws {
        let kept = file.deletingLastPathComponent().appendingPathComponent("unfinished.gguf")
        var done = 0
        if let earlier = try? ImportanceMatrix(contentsOf: kept), earlier.chunkCount < count {
            for sums in earlier.sums { _ = try worker.perform(.restoreCalibration(sums)) }
            done = earlier.chunkCount
        }
        let stage = "calibrate \(parent.model) on \(text.name)"
        progress(ProgressUpdate(stage: stage, completed: done, total: count, unit: "windows"))
        while done < count {
            let windows = Array(done..<min(done + Self.windowsPerPart, count))
            var sums: [CollectedSums] = []
            _ = try worker.perform(.calibrate(WorkerRequest.CalibrateParameters(chunks: windows))) { event in
                switch event {
                case .calibrated(let index):
                    progress(ProgressUpdate(stage: stage, completed: index + 1, total: count, unit: "windows"))
                case .collected(let entry): sums.append(entry)
                default: break
                }
            }
            done += windows.count
            try ImportanceMatrix(sums, dataset: text.name, chunkCount: done, chunkTokens: Self.windowTokens)
                .write(to: done < count ? kept : file)
        }
        try? FileManager.default.removeItem(at: kept)
    }
}
