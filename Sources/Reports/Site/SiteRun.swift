public import Foundation
public import LabCore

/// What lists of runs on a site say of one run.
public struct SiteRun: Codable, Hashable, Sendable {
    /// An artifact that was judged.
    public struct Candidate: Codable, Hashable, Sendable {
        /// Name of its model.
        public var model: String
        /// Its recipe.
        public var recipe: String
    }

    /// The run's identifier.
    public var id: String
    /// When it started.
    public var startedAt: Date
    /// Name of the suite.
    public var suite: String
    /// The verdict.
    public var verdict: VerdictStatus
    /// Wall time, in seconds.
    public var durationSeconds: Double
    /// What was judged.
    public var candidates: [Candidate]
    /// The gate that the verdict rests on, in words: "perplexity increase +2.53 %, limit < 5 %".
    public var finding: String

    /// Sums up a run.
    public init(_ run: RunRecord) {
        id = run.id
        startedAt = run.startedAt
        suite = run.suite.name
        verdict = run.verdict
        durationSeconds = run.durationSeconds
        // What is listed a thousand times is kept short.
        func short(_ text: String) -> String { VisibleText(text, limit: 120).text }
        candidates = run.artifacts.filter { $0.role == .candidate }.prefix(8).map {
            Candidate(model: short($0.model), recipe: short($0.recipe))
        }
        let verdict = Headline(run).verdict
        finding = short(
            verdict.map { verdict in
                guard let value = Format.value(of: verdict), let threshold = verdict.threshold else {
                    return verdict.reason
                }
                return "\(Format.words(verdict.metric ?? verdict.evaluation)) \(value), "
                    + Format.limitBesideValue(threshold)
            } ?? "")
    }

    /// Models judged, each once.
    public var models: [String] {
        var seen: Set<String> = []
        return candidates.map(\.model).filter { seen.insert($0).inserted }
    }
}

/// Places of a site's pages, relative to its folder.
public enum SitePath {
    /// The page of a run.
    public static func run(_ id: String) -> String { "runs/\(name(id)).html" }
    /// The page of a model.
    public static func model(_ model: String) -> String { "models/\(name(model)).html" }
    /// The page of a month: "2026-11".
    public static func month(_ month: String) -> String { "months/\(name(month)).html" }

    /// A text as a file's name: as it is where every system and web server takes it, else with a digest that tells it
    /// from what looks alike.
    static func name(_ text: String) -> String {
        let allowed = text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0)
        }
        let begins = text.unicodeScalars.first.map { ("a"..."z").contains($0) || ("0"..."9").contains($0) } ?? false
        if allowed, begins, text.utf8.count <= 80 { return text }
        let plain = text.lowercased().unicodeScalars.prefix(40).map { scalar -> Character in
            let isPlain = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            return isPlain ? Character(scalar) : "-"
        }
        return "x-\(String(plain))-\(Digest(of: text).short)"
    }
}
