public import Foundation
import LabCore
import ModelFormats

/// A parent's predictions in the store: one file for each window, so that an interrupted run goes on where it stopped
/// and a changed window costs one.
public final class PredictionPack {
    /// Whose predictions these are.
    public let description: PackDescription
    /// The folder.
    public let folder: URL

    /// Makes a pack's folder where it is missing.
    init(_ description: PackDescription, in packs: URL) throws {
        self.description = description
        folder = packs.appendingPathComponent(description.id.short, isDirectory: true)
        let remedy = "name another store with --store or LAB_STORE"
        for name in ["windows", "texts"] {
            try Folders.make(folder.appendingPathComponent(name), remedy: remedy)
        }
        let file = folder.appendingPathComponent(Self.descriptionName)
        if !FileManager.default.fileExists(atPath: file.path) { try Self.write(description, to: file) }
    }

    /// Opens a pack's folder.
    init(at folder: URL) throws {
        self.folder = folder
        let file = folder.appendingPathComponent(Self.descriptionName)
        do {
            description = try JSONDecoder().decode(PackDescription.self, from: Data(contentsOf: file))
        } catch {
            throw RunnerError("\(file.path) is no description of a pack: \(error)", remedy: "remove the folder")
        }
        guard description.version == PackDescription.supportedVersion else {
            throw RunnerError(
                "\(file.path) has version \(description.version); this lab knows \(PackDescription.supportedVersion)",
                remedy: "use the newer lab")
        }
    }

    static let descriptionName = "pack.json"

    /// The record of a window; nil when there is none, or a damaged one.
    func record(of window: Digest) -> (data: Data, predictions: ChunkPredictions)? {
        guard let data = try? Data(contentsOf: file(of: window)),
            let predictions = try? ChunkPredictions(decoding: data), predictions.tokens == window,
            predictions.settings == description.settings
        else { return nil }
        return (data, predictions)
    }

    /// The size of a window's record, whole or not; nil when there is none.
    func recordBytes(of window: Digest) -> Int64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file(of: window).path)
        return (attributes?[.size] as? NSNumber)?.int64Value
    }

    /// How many of a text's windows there are records of.
    public func recordCount(of text: PackText) -> Int { text.windows.count { recordBytes(of: $0) != nil } }

    /// Keeps a window's record.
    func keep(_ record: Data, of window: Digest) throws {
        try AtomicFile.write(record, to: file(of: window))
    }

    /// The texts that windows were taken from.
    public func texts() -> [PackText] {
        let folder = folder.appendingPathComponent("texts")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appendingPathComponent(name)))
                .flatMap { try? JSONDecoder().decode(PackText.self, from: $0) }
        }
    }

    /// Notes a text, in place of what was noted of it before.
    func note(_ text: PackText) throws {
        let known = texts().first { $0.windows == text.windows }
        var text = text
        text.floor = text.floor ?? known?.floor
        guard text != known else { return }
        let key = Digest(of: text.windows.map(\.hex).joined(separator: "\n"))
        try Self.write(text, to: folder.appendingPathComponent("texts/\(key.short).json"))
    }

    private func file(of window: Digest) -> URL { folder.appendingPathComponent("windows/\(window.hex)") }

    private static func write(_ value: some Encodable, to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try AtomicFile.write(encoder.encode(value), to: file)
    }
}
