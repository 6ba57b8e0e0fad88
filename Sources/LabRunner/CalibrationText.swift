import Evaluation
public import Foundation

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
            file: file, name: "\(checkpoint.standardizedFileURL.lastPathComponent)-calibration", windows: windows)
    }

    func read() throws -> String {
        guard let data = try? Data(contentsOf: file) else {
            throw RunnerError("the calibration text \(file.path) cannot be read", remedy: "name a text file")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw RunnerError("the calibration text \(file.path) is not UTF-8", remedy: "name a text file")
        }
        return text
    }

    /// Texts that models are measured on: those of the lab's suites and of the suites in the working directory, and the
    /// checkpoint's own.
    static func evaluationTexts(of checkpoint: URL) -> [Suite.Dataset] {
        let listed = Set([URL(fileURLWithPath: "."), Locations.clone].compactMap { $0?.standardizedFileURL })
            .map { $0.appendingPathComponent("suites", isDirectory: true) }.flatMap(datasets)
        let own = checkpoint.appendingPathComponent("heldout/text.txt")
        var seen = Set<URL>()
        return (listed + [Suite.Dataset(name: own.lastPathComponent, file: own)]).filter {
            FileManager.default.fileExists(atPath: $0.file.path)
                && seen.insert($0.file.standardizedFileURL.resolvingSymlinksInPath()).inserted
        }
    }

    private static func datasets(ofSuitesIn folder: URL) -> [Suite.Dataset] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        // A suite that cannot be read cannot be run either.
        return names.sorted().compactMap { try? Suite(at: folder.appendingPathComponent($0)) }
            .flatMap(\.evaluations).map(\.dataset)
    }

    /// The share of calibration text that may stand in a text that is measured on.
    static let tolerableShare = 0.001

    /// Refuses a text that shares passages with one that models are measured on.
    func requireApart(_ text: String, from evaluations: [Suite.Dataset]) throws {
        for dataset in evaluations {
            guard let data = try? Data(contentsOf: dataset.file) else {
                throw RunnerError(
                    "\(dataset.file.path) cannot be compared with the calibration text: it cannot be read",
                    remedy: "make it readable")
            }
            let share = TextOverlap(with: String(decoding: data, as: UTF8.self)).share(of: text)
            guard share > Self.tolerableShare else { continue }
            throw RunnerError(
                String(
                    format: "%@: %.1f %% of the calibration text stands in %@ too, which models are measured on",
                    file.path, 100 * share, dataset.file.path),
                remedy: "calibrate on other text, such as the training or validation split", exitCode: .usage)
        }
    }
}
