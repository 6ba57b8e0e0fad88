import Foundation
public import History
public import LabCore

/// The run that another is held against, as a person names it.
public enum ReferenceRun: Sendable, Hashable {
    /// The run accepted last that is comparable.
    case lastAccepted
    /// The newest comparable run of a branch.
    case branch(String)
    /// A run: an identifier, the beginning of one, or "last".
    case run(String)

    /// Reads the words behind `--against`: "last-accepted", "branch NAME" or a run.
    ///
    /// - Throws: ``RunnerError``, a usage error, for anything else.
    public init(words: [String]) throws {
        switch (words.count, words.first) {
        case (1, "last-accepted"): self = .lastAccepted
        case (2, "branch"): self = .branch(words[1])
        case (1, .some(let name)) where name != "branch" && !name.isEmpty: self = .run(name)
        default:
            throw RunnerError(
                "--against \(words.joined(separator: " ")) names no run",
                remedy: "say last-accepted, a run, or branch NAME; a run to judge stands before --against",
                exitCode: .usage)
        }
    }
}

extension ReferenceRun {
    /// The run, and why it is the one; nil for the run accepted last where there is none.
    ///
    /// - Throws: ``HistoryError`` for a run that there is not; ``RunnerError`` for a branch without one.
    func find(for run: RunRecord, in history: History) throws -> (run: RunRecord, why: String)? {
        switch self {
        case .run(let name):
            let named = try history.resolve(name)
            guard named.id != run.id else {
                throw RunnerError(
                    "run \(run.id) is no reference of its own", remedy: "name another run with --against",
                    exitCode: .usage)
            }
            return (named, "as named")
        case .lastAccepted: return try history.acceptedRun(like: run).map { ($0, "accepted last") }
        case .branch(let branch):
            guard let newest = try history.latestRun(branch: branch, like: run) else {
                throw RunnerError(
                    "branch \(branch) has no run of the same suite, model, recipe and backend",
                    remedy: "run the suite there with --branch \(branch), or name another reference", exitCode: .usage)
            }
            return (newest, "the newest of branch \(branch)")
        }
    }
}

extension GateOutcome {
    /// Judges a run by its suite's limits and against a reference.
    ///
    /// - Parameters:
    ///   - reference: what to hold it against; nil for the run accepted last, if there is one.
    ///   - tolerances: in place of those that the run's suite gives for the same metrics.
    /// - Throws: ``HistoryError`` for a run that there is not; ``RunnerError`` for a named reference that there is not.
    public init(
        _ run: RunRecord, against reference: ReferenceRun?, tolerances: [RegressionTolerance] = [], in history: History
    ) throws {
        self.init(run, against: try Self.reference(reference, of: run, in: history), tolerances: tolerances)
    }

    /// Judges a run by its suite's limits and against a reference that was found before; nil where there is none.
    public init(_ run: RunRecord, against found: (run: RunRecord, why: String)?, tolerances: [RegressionTolerance]) {
        guard let found else {
            let accept = "`./lab history accept \(run.id)` makes this run the reference of later ones"
            self.init(run, reference: .none("\(Self.noReference); \(accept)"))
            return
        }
        let all = RegressionTolerance.ofComparison(suite: run.tolerances ?? [], own: tolerances)
        self.init(run, reference: .run(RunComparison(run, against: found.run, tolerances: all), why: found.why))
    }

    /// The reference of a run; nil where none was named and none is accepted.
    static func reference(
        _ reference: ReferenceRun?, of run: RunRecord, in history: History
    ) throws -> (run: RunRecord, why: String)? {
        let found = try (reference ?? .lastAccepted).find(for: run, in: history)
        guard found != nil || reference == nil else {
            throw RunnerError(
                noReference, remedy: "accept one with `./lab history accept RUN`, or leave out --against",
                exitCode: .usage)
        }
        return found
    }

    private static let noReference = "no run of the same suite, model, recipe and backend is accepted"
}
