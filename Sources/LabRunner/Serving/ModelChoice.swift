public import Foundation
import LabCore
import ModelFormats
import Quantization

/// The artifact that a command runs, found from what a user named, and what its manifest says of it.
public struct ModelChoice: Sendable {
    /// The GGUF file or MLX folder.
    public let artifact: URL
    /// What the model is called.
    public let name: String
    /// Whether it is an MLX folder.
    public let isMLX: Bool
    /// Why it is this one of several; nil where there was no choice.
    public let why: String?
    /// What its manifest says of it, a line each.
    public let remarks: [String]
    /// What speaks against using it, a line each.
    public let warnings: [String]

    /// Finds an artifact.
    ///
    /// - Parameters:
    ///   - text: a GGUF file, an MLX folder, or a folder with either or with a `manifest.json`.
    ///   - backend: what it is to run on; nil for any.
    ///   - checksDigest: whether the bytes are held against the manifest's digest.
    /// - Throws: ``RunnerError`` that names what is missing.
    public static func find(_ text: String, backend: String?, checksDigest: Bool = true) throws -> ModelChoice {
        let place = URL(fileURLWithPath: text).standardizedFileURL
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else {
            let looksLikeID = text.split(separator: "/").count == 2 && !text.hasPrefix("/") && !text.hasPrefix(".")
            throw RunnerError(
                "there is no model at \(text)",
                remedy: looksLikeID
                    ? "a model of the hub is converted first: llama-pajamas-quant convert --model \(text) --output DIR"
                    : "name a GGUF file, an MLX folder, or a folder with a manifest.json")
        }
        if !isFolder.boolValue || isMLXFolder(place) {
            return try ModelChoice(place, why: nil, checksDigest: checksDigest)
        }
        let (chosen, why) = try choose(in: place, backend: backend)
        return try ModelChoice(chosen, why: why, checksDigest: checksDigest)
    }

    private init(_ artifact: URL, why: String?, checksDigest: Bool) throws {
        self.artifact = artifact
        self.why = why
        isMLX = Self.isMLXFolder(artifact)
        guard isMLX || artifact.pathExtension.lowercased() == "gguf" else {
            throw RunnerError(
                "\(artifact.path) is neither a GGUF file nor an MLX folder",
                remedy: "llama-pajamas-quant convert makes either from a checkpoint")
        }
        name = artifact.deletingPathExtension().lastPathComponent
        let standing = try ArtifactStanding(of: artifact, checksDigest: checksDigest)
        remarks = standing.remarks
        warnings = standing.warnings
    }

    /// Whether a folder is one that mlx-lm loads.
    static func isMLXFolder(_ url: URL) -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else { return false }
        return names.contains("config.json") && names.contains { $0.hasSuffix(".safetensors") }
    }

    // MARK: - Choosing

    private struct Candidate {
        var url: URL
        var bytes: Int64
        var bitsPerWeight: Double?
        var hasFailed: Bool
        var isMLX: Bool
    }

    /// The best artifact in a folder: of those for the backend that did not fail their validation and fit into memory,
    /// the one with the most bits for each weight.
    private static func choose(in folder: URL, backend: String?) throws -> (URL, String?) {
        let all = try candidates(in: folder)
        guard !all.isEmpty else {
            throw RunnerError(
                "\(folder.path) has neither a GGUF file, nor an MLX folder, nor a manifest.json with artifacts",
                remedy: "llama-pajamas-quant convert makes them from a checkpoint")
        }
        let wantsMLX = backend.map { $0 == "mlx" }
        var fitting = all.filter { wantsMLX == nil || $0.isMLX == wantsMLX }
        guard !fitting.isEmpty else {
            throw RunnerError(
                "\(folder.path) has no artifact for the \(backend ?? "") backend",
                remedy: "leave out --backend, or convert to the other format with --formats gguf,mlx")
        }
        if wantsMLX == nil, fitting.contains(where: { !$0.isMLX }) {
            #if os(Linux)
                // On a CPU mlx-lm is far slower than llama.cpp.
                fitting.removeAll(where: \.isMLX)
            #endif
        }
        if fitting.count == 1 { return (fitting[0].url, all.count == 1 ? nil : "the only one for this backend") }
        let passed = fitting.filter { !$0.hasFailed }
        let judged = passed.isEmpty ? fitting : passed
        let memory = Machine.availableMemoryBytes
        let room = judged.filter { candidate in memory.map { Double(candidate.bytes) <= 0.8 * Double($0) } ?? true }
        let best = room.isEmpty ? judged.min { $0.bytes < $1.bytes } : room.max { Self.rank($0) < Self.rank($1) }
        guard let best else { throw RunnerError("\(folder.path) has no artifact that can be used") }
        let reason =
            room.isEmpty
            ? "the smallest of \(fitting.count), none of which fits the memory that is free"
            : "of \(fitting.count) the one with the most bits per weight that fits the memory"
                + (memory.map { ", \(ByteSize($0)) free" } ?? "")
                + (passed.count < fitting.count && !passed.isEmpty ? "; those that failed validation left out" : "")
        return (best.url, reason)
    }

    private static func rank(_ candidate: Candidate) -> Double { candidate.bitsPerWeight ?? Double(candidate.bytes) }

    private static func candidates(in folder: URL) throws -> [Candidate] {
        let manifest = folder.appendingPathComponent(Manifest.fileName)
        if FileManager.default.fileExists(atPath: manifest.path) {
            return try Manifest(contentsOf: manifest).artifacts.compactMap { artifact in
                let url = folder.appendingPathComponent(artifact.file)
                guard FileManager.default.fileExists(atPath: url.path) else { return nil }
                return Candidate(
                    url: url, bytes: artifact.bytes, bitsPerWeight: artifact.bitsPerWeight,
                    hasFailed: ArtifactStanding.verdict(of: artifact) == "fail", isMLX: artifact.format == "mlx")
            }
        }
        let entries = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: [.fileSizeKey])
        return try entries.sorted { $0.path < $1.path }.compactMap { url in
            let isMLX = isMLXFolder(url)
            guard isMLX || url.pathExtension.lowercased() == "gguf" else { return nil }
            let size = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            let standing = try ArtifactStanding(of: url, checksDigest: false)
            return Candidate(
                url: url, bytes: standing.bytes ?? Int64(size), bitsPerWeight: standing.bitsPerWeight,
                hasFailed: standing.verdict == "fail", isMLX: isMLX)
        }
    }
}
