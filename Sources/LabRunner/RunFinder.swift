public import Foundation
public import History
public import LabCore

/// Finds the run that a person means, by the run's or by the artifact's name.
public struct RunFinder {
    private let history: History
    private let store: URL

    /// A finder in a history; `store` keeps digests of files that were read before.
    public init(history: History, store: URL) {
        self.history = history
        self.store = store
    }

    /// The run with a name, or the newest run that judged the artifact with that file or digest. A name that could be
    /// both means the run.
    ///
    /// - Throws: ``HistoryError`` when nothing answers to the name; ``RunnerError`` for a file that was never judged.
    public func run(named name: String) throws -> RunRecord {
        let file = URL(fileURLWithPath: name)
        var isFolder: ObjCBool = false
        if let run = try? history.resolve(name) { return run }
        if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue {
            let record = try ArtifactStore(at: store).record(ofFile: file)
            guard let run = try history.latestRun(artifact: record.sha256.hex) else {
                throw RunnerError(
                    "no run judged \(name) (SHA-256 \(record.sha256.short))",
                    remedy: "`lab run SUITE --artifact \(name)` does", exitCode: .usage)
            }
            return run
        }
        let isDigest = name.count >= 6 && name.allSatisfy(\.isHexDigit)
        if isDigest, let run = try history.latestRun(artifact: name.lowercased()) { return run }
        return try history.resolve(name)
    }
}
