import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Importance matrices")
struct ImportanceMatrixTests {
    static let peers = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/peers")
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let sample = ImportanceMatrix(
        entries: [
            "blk.0.ffn_down.weight": .init(squares: [2, 8, 0.5, 0], values: [1, -2, 0.25, 0], counts: [4]),
            "blk.1.ffn_up_exps.weight": .init(squares: [1, 2, 30, 40], values: nil, counts: [2, 0]),
        ], datasets: ["a.txt"], chunkCount: 3, chunkTokens: 128)

    @Test("a matrix is written and read as it is")
    func roundTrip() throws {
        let file = folder.url.appendingPathComponent("m.gguf")
        try Self.sample.write(to: file)
        #expect(try ImportanceMatrix(contentsOf: file) == Self.sample)
        #expect(try folder.contents == ["m.gguf"])
    }

    @Test("importance is the mean square of a column, and one where nothing was seen")
    func importance() {
        #expect(Self.sample.entries["blk.0.ffn_down.weight"]?.importance == [0.5, 2, 0.125, 0])
        #expect(Self.sample.entries["blk.1.ffn_up_exps.weight"]?.importance == [0.5, 1, 1, 1])
    }

    @Test("sums of two texts are added up")
    func merging() throws {
        var sum = Self.sample
        try sum.add(
            ImportanceMatrix(
                entries: ["blk.0.ffn_down.weight": .init(squares: [1, 1, 1, 1], values: [1, 1, 1, 1], counts: [6])],
                datasets: ["b.txt"], chunkCount: 2, chunkTokens: 128))
        let entry = try #require(sum.entries["blk.0.ffn_down.weight"])
        #expect(entry == .init(squares: [3, 9, 1.5, 1], values: [2, -1, 1.25, 1], counts: [10]))
        #expect(sum.entries["blk.1.ffn_up_exps.weight"] == Self.sample.entries["blk.1.ffn_up_exps.weight"])
        #expect(sum.datasets == ["a.txt", "b.txt"])
        #expect(sum.chunkCount == 5)
    }

    @Test("matrices of different models do not add up, and the tensor is named")
    func differentModels() throws {
        var sum = Self.sample
        let error = #expect(throws: QuantizationError.self) {
            try sum.add(
                ImportanceMatrix(
                    entries: ["blk.0.ffn_down.weight": .init(squares: [1], values: nil, counts: [1])], datasets: [],
                    chunkCount: 1, chunkTokens: 128))
        }
        #expect(error?.description.contains("blk.0.ffn_down.weight") == true)
    }

    /// The older format by hand: means of a window's squares, times the windows.
    private func legacy(_ name: String, windows: Int32, sums: [Float], trailer: [UInt8] = []) -> [UInt8] {
        func bytes(_ number: Int32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        return bytes(1) + bytes(Int32(name.utf8.count)) + Array(name.utf8) + bytes(windows) + bytes(Int32(sums.count))
            + sums.flatMap { bytes(Int32(bitPattern: $0.bitPattern)) } + trailer
    }

    @Test("the older format is read, with its text or without")
    func older() throws {
        let plain = try folder.file("plain.dat", legacy("blk.0.a", windows: 4, sums: [2, 10]))
        let matrix = try ImportanceMatrix(contentsOf: plain)
        #expect(matrix.entries["blk.0.a"]?.importance == [0.5, 2.5])
        #expect(matrix.datasets == [])
        let trailer: [UInt8] = [7, 0, 0, 0, 5, 0, 0, 0] + Array("a.txt".utf8)
        let named = try ImportanceMatrix(
            contentsOf: folder.file("named.dat", legacy("blk.0.a", windows: 4, sums: [2, 10], trailer: trailer)))
        #expect(named.datasets == ["a.txt"])
        #expect(named.chunkCount == 7)
        // With one of tokens, its windows count as many tokens as that one's: 4 x 128, and 2 x 128 + 1.
        var sum = ImportanceMatrix(
            entries: ["blk.0.a": .init(squares: [1, 1], values: [0, 0], counts: [128])], datasets: [], chunkCount: 1,
            chunkTokens: 128)
        try sum.add(matrix)
        #expect(sum.entries["blk.0.a"] == .init(squares: [257, 1281], values: nil, counts: [640]))
    }

    @Test("a file cut short anywhere is an error that names it")
    func truncated() throws {
        let whole = legacy(
            "blk.0.a", windows: 4, sums: [2, 10], trailer: [7, 0, 0, 0, 5, 0, 0, 0] + Array("a.txt".utf8))
        // Without its trailer, or the second half of it, the file is whole too.
        for count in 0..<whole.count where ![13, 9].contains(whole.count - count) {
            let file = try folder.file("cut.dat", whole.prefix(count))
            let error = #expect(throws: FormatError.self) { try ImportanceMatrix(contentsOf: file) }
            #expect(error?.file == file.path)
        }
    }

    @Test("what is no matrix is refused by what it lacks")
    func malformed() throws {
        func message(_ file: URL) -> String {
            #expect(throws: FormatError.self) { try ImportanceMatrix(contentsOf: file) }?.description ?? ""
        }
        #expect(message(try folder.file("negative.dat", legacy("blk.0.a", windows: 1, sums: [-1]))).contains("blk.0.a"))
        #expect(message(try folder.file("nan.dat", legacy("blk.0.a", windows: 1, sums: [.nan]))).contains("blk.0.a"))
        #expect(message(try folder.file("many.dat", [255, 255, 255, 127, 0])).contains("claims"))
        let other = folder.url.appendingPathComponent("other.gguf")
        let layout = try GGUFLayout(
            metadata: GGUFMetadata(), tensors: [.init(name: "a.in_sum2", type: .f32, dimensions: [1])])
        let writer = try GGUFWriter(other, layout: layout)
        try [UInt8](repeating: 0, count: 4).withUnsafeBytes { try writer.write($0, toTensor: 0, at: 0) }
        _ = try writer.seal()
        try writer.commit()
        #expect(message(other).contains("imatrix.chunk_count"))
    }

    // MARK: - Against the peers

    @Test("llama-imatrix's file is read: 28 matrices, and its counts are the tokens of 39 windows")
    func peerFile() throws {
        let matrix = try ImportanceMatrix(contentsOf: Self.peers.appendingPathComponent("pajama-tiny-imatrix.gguf"))
        #expect(matrix.entries.count == 28)
        #expect(matrix.datasets == ["calibration.txt"])
        #expect(matrix.chunkCount == 39)
        #expect(matrix.entries.values.allSatisfy { $0.counts == [39 * 512] && $0.values != nil })
    }

    /// Recipes that take the engine half a minute together; `./lab prove imatrix` compares them too.
    private static let slow: Set = ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_S", "IQ2_M", "IQ3_XXS"]

    private struct Goldens: Decodable {
        let sha256: [String: String]
    }

    @Test(
        "artifacts made with a matrix are those of llama-quantize --imatrix, byte for byte",
        .enabled(if: PeerGoldens.isComparableMachine, PeerGoldens.why))
    func artifacts() throws {
        let file = Self.peers.appendingPathComponent("pajama-tiny-imatrix.gguf")
        let goldens = try JSONDecoder().decode(
            Goldens.self, from: Data(contentsOf: Self.peers.appendingPathComponent("pajama-tiny-imatrix.json"))
        ).sha256.filter { !Self.slow.contains($0.key) }.sorted { $0.key < $1.key }
        #expect(goldens.count == 15)
        let calibration = try Calibration(contentsOf: file)
        #expect(calibration.sha256 == Digest(of: try Data(contentsOf: file)))
        let checkpoint = try Checkpoint(
            directory: Self.peers.deletingLastPathComponent().appendingPathComponent("pajama-tiny"))
        let made = try Converter(checkpoint).convert(
            to: goldens.map { name, _ in
                Converter.Target(
                    recipe: try .named(name), calibration: calibration,
                    url: folder.url.appendingPathComponent("\(name).gguf"),
                    manifest: folder.url.appendingPathComponent("manifest.json"))
            }, threads: 2, engineBuild: "b11434")
        for (artifact, golden) in zip(made, goldens) {
            #expect(artifact.sha256.hex == golden.value, "\(golden.key)")
            #expect(artifact.calibration?.sha256 == calibration.sha256)
        }
    }

    @Test("a limit on the size is judged by the types that a matrix brings", arguments: ["Q4_0", "IQ3_XXS", "IQ4_XS"])
    func feasibility(name: String) throws {
        let checkpoint = try Checkpoint(
            directory: Self.peers.deletingLastPathComponent().appendingPathComponent("pajama-tiny"))
        let file = Self.peers.appendingPathComponent("pajama-tiny-imatrix.gguf")
        let calibration = try Calibration(contentsOf: file)
        let recipe = try Recipe.named(name)
        let plan = try RecipePlan(checkpoint, recipe, calibration: calibration)
        var targets = FeasibilityTargets()
        targets.maximumFileBytes = plan.fileBytes
        #expect(try Feasibility(checkpoint, plan: plan).verdict(recipe, targets: targets).status == .pass)
        targets.maximumFileBytes = plan.fileBytes - 1
        #expect(try Feasibility(checkpoint, plan: plan).verdict(recipe, targets: targets).status == .infeasible)
    }

    @Test("a matrix of another model is refused by tensor, one without a needed tensor too")
    func otherModel() throws {
        let checkpoint = try Checkpoint(
            directory: Self.peers.deletingLastPathComponent().appendingPathComponent("pajama-tiny"))
        func error(_ recipe: String, _ name: String, columns: Int) throws -> QuantizationError? {
            let matrix = ImportanceMatrix(
                entries: [name: .init(squares: Array(repeating: 1, count: columns), values: nil, counts: [1])],
                datasets: [], chunkCount: 1, chunkTokens: 512)
            let file = folder.url.appendingPathComponent("m.gguf")
            try matrix.write(to: file)
            let calibration = try Calibration(contentsOf: file)
            let plan = try RecipePlan(checkpoint, .named(recipe), calibration: calibration)
            return #expect(throws: QuantizationError.self) { try plan.requireImportance() }
        }
        let wrong = try error("Q4_K_M", "blk.0.attn_q.weight", columns: 255)
        #expect(wrong?.code == .badImportanceMatrix)
        #expect(wrong?.description.contains("blk.0.attn_q.weight") == true)
        let lacking = try error("IQ2_XS", "blk.0.attn_q.weight", columns: 256)
        #expect(lacking?.code == .missingImportanceMatrix)
        #expect(lacking?.exitCode == .usage)
    }
}
