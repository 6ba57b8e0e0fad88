import Inference
import LabCore

/// A solver's outputs for one artifact's samples: those that are known, and the others computed and kept.
final class SampleSource<S: Solver> {
    private let solver: S
    private let known: (Int) throws -> S.Output?
    private let keep: (Int, S.Output) throws -> Void
    private let model: () throws -> ModelHost
    private var found: [Int: S.Output] = [:]
    private var computedIndices = Set<Int>()

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
        computedIndices.insert(index)
        return result
    }

    /// How many samples were computed and how many were known before the run.
    ///
    /// - Parameter isFresh: whether a sample was computed by another evaluation of the same run.
    func usage(isFresh: (Int) -> Bool = { _ in false }) -> SampleUsage {
        let known = found.keys.filter { !computedIndices.contains($0) }
        let fresh = known.count(where: isFresh)
        return SampleUsage(computed: computedIndices.count, shared: fresh, reused: known.count - fresh)
    }
}

/// Where the samples of an evaluation came from.
struct SampleUsage {
    /// Computed for it.
    var computed = 0
    /// Computed for another evaluation of the same run.
    var shared = 0
    /// Known before the run.
    var reused = 0

    /// Whether all of them were known before the run.
    var areAllReused: Bool { computed + shared == 0 }

    static func + (left: SampleUsage, right: SampleUsage) -> SampleUsage {
        SampleUsage(
            computed: left.computed + right.computed, shared: left.shared + right.shared,
            reused: left.reused + right.reused)
    }
}
