public import Foundation
import LabCore

/// The packs of a store, in its folder `packs/`, by their identifiers.
public struct PackStore {
    private let folder: URL

    /// The packs of a store.
    public init(in store: URL) { folder = store.appendingPathComponent("packs", isDirectory: true) }

    /// A pack for these predictions, made where it is missing.
    func pack(of parent: ArtifactRecord, conditions: SampleConditions, settings: PredictionSettings) throws
        -> PredictionPack
    {
        try PredictionPack(
            PackDescription(parent: parent, conditions: conditions, settings: settings), in: folder)
    }

    /// All packs, by identifier.
    public func packs() throws -> [PredictionPack] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return try names.sorted().map { try PredictionPack(at: folder.appendingPathComponent($0)) }
    }

    /// The pack that a person means: the beginning of just one identifier.
    ///
    /// - Throws: ``RunnerError`` that lists what there is.
    public func resolve(_ reference: String) throws -> PredictionPack {
        let packs = try packs()
        let matches = packs.filter { !reference.isEmpty && $0.description.id.hex.hasPrefix(reference.lowercased()) }
        guard matches.count == 1 else {
            let known = packs.map { "\($0.description.id.short) (\($0.description.parent.model))" }
            throw RunnerError(
                "\(matches.isEmpty ? "no pack" : "more than one pack") of \(folder.path) begins with '\(reference)'",
                remedy: known.isEmpty
                    ? "lab pack import FILE brings one here" : "there are: \(known.joined(separator: ", "))",
                exitCode: .usage)
        }
        return matches[0]
    }

    /// Takes a published pack into the store; what is there already stays.
    ///
    /// Every record is checked before the first is kept.
    public func importPack(_ file: PackFile) throws -> PredictionPack {
        _ = try file.verify()
        let pack = try PredictionPack(file.header.pack, in: folder)
        for (index, window) in file.header.text.windows.enumerated() where pack.record(of: window) == nil {
            try pack.keep(file.record(at: index), of: window)
        }
        try pack.note(file.header.text)
        return pack
    }

    /// Writes a pack as one file.
    ///
    /// - Parameter text: the name of the text, where the pack has several.
    public func export(_ pack: PredictionPack, text name: String?, to file: URL) throws -> PackText {
        let texts = pack.texts().filter { name == nil || $0.name == name }
        guard texts.count == 1 else {
            let known = pack.texts().map(\.name).joined(separator: ", ")
            throw RunnerError(
                texts.isEmpty
                    ? "pack \(pack.description.id.short) has no text '\(name ?? "")'"
                    : "pack \(pack.description.id.short) has several texts",
                remedy: "name one with --text: \(known)", exitCode: .usage)
        }
        try PackFile.write(pack, text: texts[0], to: file)
        return texts[0]
    }
}
