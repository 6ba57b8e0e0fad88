public import Foundation
public import LabCore

/// A file of prompts.
public struct PromptSet: Hashable, Sendable {
    /// The data set's name in reports, such as "multilingual" or "gsm8k".
    public let name: String
    /// The file.
    public let file: URL
    /// Digest of its bytes.
    public let digest: Digest
    /// The prompts, at least one, in the file's order; their ids are unique.
    public let samples: [PromptSample]

    /// Reads a set.
    ///
    /// "gsm8k" is GSM8K's own `test.jsonl`, "mgsm_de" and its like are MGSM's own files (``GradeSchoolMath``); all other
    /// names are JSON Lines of the lab's own (``PromptLine``).
    ///
    /// - Throws: a missing file, an empty one, bytes that are no UTF-8, and what is wrong in a line; with file, line
    ///   and key.
    public init(name: String, contentsOf file: URL) throws(SuiteError) {
        let path = file.relativePath
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw SuiteError(
                file: path, message: "the prompts cannot be read: \(error.localizedDescription)",
                remedy: "name a file that is there")
        }
        let lines = try Self.lines(of: data, file: path)
        let samples: [PromptSample]
        if let reader = GradeSchoolMath(name: name) {
            samples = try reader.samples(lines, file: path)
        } else {
            samples = try Self.read(lines, file: path)
        }
        self.name = name
        self.file = file
        self.samples = samples
        digest = Digest(of: data)
    }

    /// Whether a file's name says that it holds prompts, and no text: JSON Lines, or MGSM's tables.
    public static func isPromptFile(_ file: URL) -> Bool { ["jsonl", "tsv"].contains(file.pathExtension.lowercased()) }

    /// The prompts in a language, in order.
    public func samples(in language: String) -> [PromptSample] { samples.filter { $0.language == language } }

    /// The languages, in the order of their first prompts.
    public var languages: [String] {
        var seen = Set<String>()
        return samples.map(\.language).filter { seen.insert($0).inserted }
    }

    private static func read(_ lines: [String], file: String) throws(SuiteError) -> [PromptSample] {
        var samples: [PromptSample] = []
        var firstLines: [String: Int] = [:]
        for (index, text) in lines.enumerated() {
            let sample = try PromptLine(text, file: file, line: index + 1).sample()
            if let first = firstLines.updateValue(index + 1, forKey: sample.id) {
                throw SuiteError(
                    file: file, line: index + 1, key: "id", message: "the id '\(sample.id)' is also on line \(first)",
                    remedy: "give each prompt an id of its own")
            }
            samples.append(sample)
        }
        return samples
    }

    /// The lines; the last may end in a line break or not.
    private static func lines(of data: Data, file: String) throws(SuiteError) -> [String] {
        var pieces = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        guard !pieces.isEmpty else { throw SuiteError(file: file, message: "the file is empty") }
        var lines: [String] = []
        for (index, piece) in pieces.enumerated() {
            guard let line = String(bytes: piece, encoding: .utf8) else {
                throw SuiteError(file: file, line: index + 1, message: "the line is not UTF-8")
            }
            guard !line.allSatisfy(\.isWhitespace) else {
                throw SuiteError(
                    file: file, line: index + 1, message: "the line is empty", remedy: "write one prompt on each line")
            }
            lines.append(line)
        }
        return lines
    }
}
