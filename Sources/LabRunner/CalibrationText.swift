import Evaluation
public import Foundation
import ModelFormats

/// A text to calibrate on.
public struct CalibrationText: Sendable {
    /// The file, UTF-8.
    public var file: URL
    /// Its name in matrices and reports. Default: the file's own.
    public var name: String
    /// Windows of 512 tokens to use; nil for all.
    public var windows: Int?

    /// A text file.
    public init(file: URL, name: String? = nil, windows: Int? = nil) {
        self.file = file
        self.name = name ?? file.lastPathComponent
        self.windows = windows
    }

    /// The text that comes with a checkpoint, as the embedded model's does; nil where there is none.
    public static func beside(_ checkpoint: URL, windows: Int? = nil) -> CalibrationText? {
        let file = checkpoint.appendingPathComponent("heldout/calibration.txt")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return CalibrationText(
            file: file, name: "\(CachedOrigin.modelName(of: checkpoint))-calibration", windows: windows)
    }

    func read() throws -> String {
        try TextFile.read(file, as: "the calibration text", remedy: "name a text file with --calibration-data")
    }

    /// Texts that models are measured on, each once: those of the lab's suites and of the suites in the working
    /// directory, the checkpoint's own, and `others`.
    static func evaluationTexts(of checkpoint: URL, and others: [Suite.Dataset] = []) -> [Suite.Dataset] {
        let listed = Set([URL(fileURLWithPath: "."), Locations.clone].compactMap { $0?.standardizedFileURL })
            .flatMap { Suite.folders(in: $0.appendingPathComponent("suites", isDirectory: true)) }
            // A suite that cannot be read cannot be run either.
            .compactMap { try? Suite(at: $0) }.flatMap(\.evaluations).compactMap(\.dataset)
        let own = checkpoint.appendingPathComponent("heldout/text.txt")
        var seen = Set<URL>()
        return (listed + [Suite.Dataset(name: own.lastPathComponent, file: own)] + others).filter {
            FileManager.default.fileExists(atPath: $0.file.path)
                && seen.insert($0.file.standardizedFileURL.resolvingSymlinksInPath()).inserted
        }
    }

    /// The share of calibration text that may stand in a text that is measured on.
    static let tolerableShare = 0.001

    /// Refuses a text that shares passages with one that models are measured on.
    func requireApart(_ text: String, from evaluations: [Suite.Dataset]) throws {
        for dataset in evaluations {
            let measured = try TextFile.read(
                dataset.file, as: "a text that the calibration text is compared with", remedy: "make it readable")
            let share = TextOverlap(with: measured).share(of: text)
            guard share > Self.tolerableShare else { continue }
            throw RunnerError(
                String(
                    format: "%@: %.1f %% of the calibration text stands in %@ too, which models are measured on",
                    file.path, 100 * share, dataset.file.path),
                remedy: "calibrate on other text, such as the training or validation split", exitCode: .usage)
        }
    }
}
