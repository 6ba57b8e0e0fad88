import Foundation
import LabCore
import ModelFormats
import Quantization

/// What the manifest near an artifact says of it: its recipe, how it was validated, and whether it is still the same file.
struct ArtifactStanding {
    private(set) var remarks: [String] = []
    private(set) var warnings: [String] = []
    private(set) var verdict: String?
    private(set) var bytes: Int64?
    private(set) var bitsPerWeight: Double?

    init(of artifact: URL, checksDigest: Bool) throws {
        let found: (URL, Manifest.Artifact)?
        do {
            found = try Self.entry(of: artifact)
        } catch let error as FormatError {
            // It need not be the lab's: others write files of that name too.
            warnings = ["what is said of it cannot be read: \(error)"]
            return
        }
        guard let (manifest, entry) = found else {
            remarks = ["no manifest.json tells of it"]
            return
        }
        bytes = entry.bytes
        bitsPerWeight = entry.bitsPerWeight
        verdict = Self.verdict(of: entry)
        let bits = String(format: "%.2f", entry.bitsPerWeight)
        remarks = ["\(entry.source.name) as \(entry.recipe), \(bits) bits per weight, \(ByteSize(entry.bytes))"]
        switch verdict {
        case nil: remarks.append("not validated yet")
        case "fail":
            let failed = (entry.validation ?? []).filter { $0.status == "fail" }
            let names = failed.map { "\($0.evaluation) of \($0.suite) on \($0.backend)" }
            warnings.append("it failed its validation: \(names.joined(separator: ", ")); \(manifest.path) says so")
        case let verdict?: remarks.append("validation: \(verdict)")
        }
        if checksDigest, let why = try Self.difference(of: artifact, from: entry) {
            warnings.append("it is no longer the file that \(manifest.path) tells of: \(why)")
        }
    }

    /// The manifest that lists an artifact: in its folder, or in the one above, as `convert` writes it; where it is a link,
    /// as in the cache of a hub, by the link's own place or the file's.
    private static func entry(of artifact: URL) throws -> (URL, Manifest.Artifact)? {
        let path = artifact.standardizedFileURL
        return try entry(at: path) ?? entry(at: path.resolvingSymlinksInPath().standardizedFileURL)
    }

    private static func entry(at path: URL) throws -> (URL, Manifest.Artifact)? {
        let folder = path.deletingLastPathComponent()
        for (base, file) in [
            (folder, path.lastPathComponent),
            (folder.deletingLastPathComponent(), folder.lastPathComponent + "/" + path.lastPathComponent),
        ] {
            let url = base.appendingPathComponent(Manifest.fileName)
            guard FileManager.default.fileExists(atPath: url.path) else { continue }
            if let entry = try Manifest(contentsOf: url).artifact(file) { return (url, entry) }
        }
        return nil
    }

    /// The verdict of all of an artifact's validations together: "fail" where one failed, "inconclusive" where one was, else
    /// "pass"; nil where nothing was judged.
    static func verdict(of entry: Manifest.Artifact) -> String? {
        let judged = (entry.validation ?? []).map(\.status).filter { $0 != "skipped" }
        return ["fail", "inconclusive", "pass"].first { judged.contains($0) }
    }

    /// How an artifact differs from its manifest's entry; nil where it does not.
    private static func difference(of artifact: URL, from entry: Manifest.Artifact) throws -> String? {
        let digests = FileDigests(store: Locations.store)
        guard let files = entry.files else {
            let found = try digests.digest(of: artifact)
            try? digests.save()
            return found == entry.sha256 ? nil : "its SHA-256 is \(found.short)… and was \(entry.sha256.short)…"
        }
        for file in files {
            let url = artifact.appendingPathComponent(file.name)
            guard FileManager.default.fileExists(atPath: url.path) else { return "\(file.name) is missing" }
            if try digests.digest(of: url) != file.sha256 { return "\(file.name) has another SHA-256" }
        }
        try? digests.save()
        return nil
    }
}
