import Inference
import LabCore

/// A solver's outputs for one artifact's samples: those that are known, and the others computed and kept.
final class SampleSource<S: Solver> {
    private let solver: S
    private let known: (Int) throws -> S.Output?
    private let keep: (Int, S.Output) throws -> Void
    private let model: () throws -> ModelHost
    /// The order in which samples will be asked for. Where the model computes several side by side, those that come next
    /// are computed with the one that is asked for.
    var upcoming: [Int] = []
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
        let model = try model()
        let asked = try model.group(index, upcoming) { try found[$0] == nil && known($0) == nil }
        try solver.solve(asked, with: model) { solved, output in
            guard asked.contains(solved) else {
                throw InferenceError(.garbled, "the worker solved sample \(solved) when asked for \(asked)")
            }
            // The same window may stand twice in a text.
            if try known(solved) == nil { try keep(solved, output) }
            found[solved] = output
            computedIndices.insert(solved)
        }
        guard let output = found[index], asked.allSatisfy({ found[$0] != nil }) else {
            throw InferenceError(.garbled, "the worker left out some of the samples \(asked)")
        }
        return output
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
