import LabCore
import Quantization

/// One of the artifacts of a folder or repository.
struct ArtifactCandidate: Sendable {
    /// The path of the GGUF file, of the first of several, or of the MLX folder; empty where that is the whole repository.
    let path: String
    /// What it is called.
    let name: String
    /// The size, of all files.
    let bytes: Int64
    /// The recipe, as far as manifest or name tell it.
    let recipe: String?
    /// Bits of tensor data for each weight; nil where no manifest tells.
    let bitsPerWeight: Double?
    /// Whether it failed its validation.
    let hasFailed: Bool
    /// Whether it is an MLX folder.
    let isMLX: Bool

    /// A file or folder by what is known of it.
    init(
        path: String, name: String, bytes: Int64, bitsPerWeight: Double? = nil, hasFailed: Bool = false, isMLX: Bool
    ) {
        self.path = path
        self.name = name
        self.bytes = bytes
        recipe = GGUFFiles.recipe(ofName: name)
        self.bitsPerWeight = bitsPerWeight
        self.hasFailed = hasFailed
        self.isMLX = isMLX
    }

    /// What a manifest tells of.
    init(_ artifact: Manifest.Artifact) {
        path = artifact.file
        isMLX = artifact.format == "mlx"
        name = ModelChoice.name(ofPath: artifact.file, isMLX: isMLX)
        bytes = artifact.bytes
        recipe = artifact.recipe
        bitsPerWeight = artifact.bitsPerWeight
        hasFailed = ArtifactStanding.verdict(of: artifact) == "fail"
    }
}

/// By what one of several artifacts is chosen.
struct ArtifactSelection: Sendable {
    /// What it is to run on; nil for any.
    let backend: String?
    /// The name of an artifact, or a part of one; nil for the best.
    let wanted: String?
    /// The recipe that goes before larger ones, where the artifact is to be fetched; nil for none.
    var preferred: String?

    /// The artifact that was named, or else the best: of those for the backend that did not fail their validation and fit
    /// into memory, the one of the preferred recipe, or else the one with the most bits for each weight.
    ///
    /// - Parameter place: the folder or repository, for messages.
    /// - Returns: the artifact, and why it is this one; nil where there was no choice.
    /// - Throws: ``RunnerError`` where there is none.
    func choose(among all: [ArtifactCandidate], in place: String) throws -> (ArtifactCandidate, why: String?) {
        let wantsMLX = backend.map { $0 == "mlx" }
        var fitting = all.filter { wantsMLX == nil || $0.isMLX == wantsMLX }
        guard let first = fitting.first else {
            throw RunnerError(
                "\(place) has no artifact for the \(backend ?? "") backend",
                remedy: "leave out --backend, or convert to the other format with --formats gguf,mlx")
        }
        if let wanted { return (try Self.named(wanted, among: fitting, in: place), "named by --artifact") }
        if wantsMLX == nil, fitting.contains(where: { !$0.isMLX }) {
            #if os(Linux)
                // On a CPU mlx-lm is far slower than llama.cpp.
                fitting.removeAll(where: \.isMLX)
            #endif
        }
        if fitting.count == 1 { return (fitting[0], all.count == 1 ? nil : "the only one for this backend") }
        let passed = fitting.filter { !$0.hasFailed }
        let judged = passed.isEmpty ? fitting : passed
        let memory = Machine.availableMemoryBytes
        let room = judged.filter { candidate in memory.map { Double(candidate.bytes) <= 0.8 * Double($0) } ?? true }
        let free = memory.map { ", \(ByteSize($0)) free" } ?? ""
        guard !room.isEmpty else {
            let smallest = judged.min { $0.bytes < $1.bytes } ?? first
            guard preferred == nil else {
                throw RunnerError(
                    "none of the \(judged.count) artifacts of \(place) fits four fifths of the memory that is free\(free);"
                        + " the smallest, \(smallest.name), has \(ByteSize(smallest.bytes))",
                    remedy: "choose a smaller model, or take it all the same with --artifact \(smallest.name)")
            }
            return (smallest, "the smallest of \(fitting.count), none of which fits the memory that is free")
        }
        let others = passed.count < fitting.count && !passed.isEmpty ? "; those that failed validation left out" : ""
        let isComparable = room.allSatisfy { $0.bitsPerWeight != nil }
        func rank(_ candidate: ArtifactCandidate) -> Double {
            isComparable ? candidate.bitsPerWeight ?? 0 : Double(candidate.bytes)
        }
        let usual = room.filter { $0.recipe != nil && $0.recipe == preferred }
        let best = (usual.isEmpty ? room : usual).max { rank($0) < rank($1) } ?? first
        let kind =
            usual.isEmpty
            ? "the \(isComparable ? "one with the most bits per weight" : "largest") that fits the memory"
            : "the \(best.recipe ?? ""), which fits the memory"
        return (best, "of \(fitting.count) \(kind)\(free)\(others)")
    }

    /// The artifact of a name, a path or a recipe, or else the only one whose path contains the text.
    private static func named(
        _ text: String, among all: [ArtifactCandidate], in place: String
    ) throws -> ArtifactCandidate {
        let wanted = text.lowercased()
        let ways: [(ArtifactCandidate) -> Bool] = [
            { $0.path.lowercased() == wanted || $0.name.lowercased() == wanted },
            { $0.recipe?.lowercased() == wanted },
            { $0.path.lowercased().contains(wanted) || $0.name.lowercased().contains(wanted) },
        ]
        let found = ways.lazy.map { all.filter($0) }.first { !$0.isEmpty } ?? []
        if let only = found.first, found.count == 1 { return only }
        let names = (found.isEmpty ? all : found).map { $0.path.isEmpty ? $0.name : $0.path }
        throw RunnerError(
            found.isEmpty
                ? "\(place) has no artifact '\(text)'" : "\(found.count) artifacts of \(place) are called '\(text)'",
            remedy: Spelling.hint(text, among: all.compactMap(\.recipe)) + "there are \(names.joined(separator: ", "))",
            exitCode: .usage)
    }
}
