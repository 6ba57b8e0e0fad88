import Inference
import LabCore

/// A solver's outputs for one artifact's samples: those that are known, and the others computed and kept.
final class SampleSource<S: Solver> {
    private let solver: S
    private let known: (Int) throws -> S.Output?
    private let keep: (Int, S.Output) throws -> Void
    private let model: () throws -> ModelHost
    private var found: [Int: S.Output] = [:]
    /// Samples that had to be computed.
    private(set) var computed = 0
    /// Samples that were known.
    private(set) var reused = 0

    /// A source of samples.
    ///
    /// - Parameters:
    ///   - model: the model, loaded; asked for when a sample is computed.
    ///   - known: a sample's output; nil when it is not known.
    ///   - keep: called with each computed output before anything else is done.
    init(
        _ solver: S, model: @escaping () throws -> ModelHost, known: @escaping (Int) throws -> S.Output?,
        keep: @escaping (Int, S.Output) throws -> Void
    ) {
        self.solver = solver
        self.model = model
        self.known = known
        self.keep = keep
    }

    /// The output of a sample, by its index.
    func output(of index: Int) throws -> S.Output {
        if let output = found[index] { return output }
        if let output = try known(index) {
            found[index] = output
            reused += 1
            return output
        }
        var result: S.Output?
        try solver.solve([index], with: try model()) { solved, output in
            guard solved == index else {
                throw InferenceError(.garbled, "the worker solved sample \(solved) when asked for \(index)")
            }
            result = output
        }
        guard let result else { throw InferenceError(.garbled, "the worker left out sample \(index)") }
        try keep(index, result)
        found[index] = result
        computed += 1
        return result
    }
}
