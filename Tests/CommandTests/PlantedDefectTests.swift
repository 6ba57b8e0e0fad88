import Foundation
import LabCore
import Testing

/// Defects whose effects are known, planted in the embedded checkpoint and judged by a user's command.
///
/// The doses are those of `./lab prove defects`, found on the whole held-out text. These tests take its beginning for
/// the whole, which is quicker; an effect is not far from the same there.
@Suite("planted defects", .serialized)
struct PlantedDefectTests {
    @Test("at twice the margin every defect is caught, at a quarter every one passes, with --full and without")
    func dosed() throws {
        let lab = try LabCommand()
        let entries = try Doses().defects.filter { $0.margins > 0 }
        #expect(Set(entries.map(\.name)).count == 4 && entries.count == 8)
        for entry in entries {
            let artifact = try plant(entry, in: lab)
            for options in [[], ["--full"]] {
                let result = try judge(artifact, by: lab, options)
                #expect(
                    result.status == (entry.margins > 1 ? 1 : 0),
                    "\(entry.name) at \(entry.margins) margins \(options): \(result.output)\(result.errors)")
            }
        }
    }

    @Test("a scaled q_proj, which the norm behind it cancels, changes the digest and no verdict")
    func cancelled() throws {
        let lab = try LabCommand()
        let entries = try Doses().defects.filter { $0.margins == 0 }
        #expect(entries.map(\.defect.factor) == [2, 1.5])
        for entry in entries {
            let result = try judge(plant(entry, in: lab), by: lab)
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let report = try lab.report()
            #expect(Set(report.artifacts.map(\.sha256)).count == 2)
            let increase = try #require(report.measurements.first { $0.metric == "perplexity_increase" }?.value)
            #expect(abs(increase) < 0.05)
        }
    }

    /// The beginning of the held-out text, thirteen windows.
    private func text(of lab: LabCommand) throws -> URL {
        let file = lab.folder.appendingPathComponent("beginning.txt")
        let whole = try Data(contentsOf: LabCommand.model.appendingPathComponent("heldout/text.txt"))
        try whole.prefix(21_000).write(to: file)
        return file
    }

    private func judge(_ artifact: URL, by lab: LabCommand, _ options: [String] = []) throws -> LabCommand.Result {
        try lab.run(
            "suites/balanced",
            ["--artifact", artifact.path, "--evaluations", "perplexity", "--dataset", "beginning", "--dataset-path"]
                + [text(of: lab).path] + options)
    }

    /// The checkpoint with a defect, as a BF16 GGUF file.
    private func plant(_ entry: Doses.Entry, in lab: LabCommand) throws -> URL {
        let copy = try CheckpointCopy(.single, in: lab.folder.appendingPathComponent("pajama-tiny"))
        try entry.defect.plant(in: copy)
        #expect(
            try Digest(of: Data(contentsOf: copy.weights[0])) == entry.weightsSha256,
            "\(entry.name): other weights than engine/prove/plant_defect.py makes")
        let output = lab.folder.appendingPathComponent("defect-\(UUID())")
        let made = try lab.convert(model: copy.folder, to: output, ["--precision", "bf16"])
        #expect(made.status == 0, "\(made.errors)")
        return output.appendingPathComponent("gguf/pajama-tiny-bf16.gguf")
    }
}

/// `fixtures/defects/doses.json`, as far as these tests need it.
private struct Doses: Decodable {
    struct Entry: Decodable {
        let name: String
        /// The effect that was aimed at, in margins of the suite.
        let margins: Double
        let defect: PlantedDefect
        let weightsSha256: Digest
    }

    let defects: [Entry]

    init() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = LabCommand.root.appendingPathComponent("fixtures/defects/doses.json")
        defects = try decoder.decode(File.self, from: Data(contentsOf: file)).defects
    }

    private struct File: Decodable { let defects: [Entry] }
}

/// A defect as `engine/prove/plant_defect.py` describes it.
private struct PlantedDefect: Decodable {
    enum Kind: String, Decodable { case scale, swap, noise }

    let kind: Kind
    let tensor: String?
    let factor: Double?
    let rows: [Int]?
    let layer: Int?
    let share: Double?
    let seed: UInt64?

    private static let matrices = [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
        "mlp.down_proj",
    ]

    func plant(in copy: CheckpointCopy) throws {
        switch kind {
        case .scale:
            let (tensor, factor) = try (#require(tensor), #require(factor))
            try copy.change(tensor) { values, _ in values = values.map { $0 * factor } }
        case .swap:
            let (tensor, rows) = try (#require(tensor), #require(rows))
            try copy.change(tensor) { values, columns in
                for column in 0..<columns { values.swapAt(rows[0] * columns + column, rows[1] * columns + column) }
            }
        case .noise:
            let (layer, share, seed) = try (#require(layer), #require(share), #require(seed))
            var stream = NormalDeviates(seed: seed)
            for matrix in Self.matrices {
                try copy.change("model.layers.\(layer).\(matrix).weight") { values, _ in
                    let meanSquare = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
                    let spread = share * meanSquare.squareRoot()
                    values = values.map { $0 + spread * stream.next() }
                }
            }
        }
    }
}

/// Normal deviates by Box and Muller, each from two numbers of SplitMix64.
private struct NormalDeviates {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Double {
        let (first, second) = (uniform(), uniform())
        return (-2 * log(1 - first)).squareRoot() * cos(2 * Double.pi * second)
    }

    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
    }
}
