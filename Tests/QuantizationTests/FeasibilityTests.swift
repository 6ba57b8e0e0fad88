import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Feasibility")
struct FeasibilityTests {
    /// Qwen/Qwen3-8B's config.json.
    private static func qwen3(hiddenSize: Int = 4096, layerCount: Int = 36) throws -> ModelConfiguration {
        let text = """
            {"architectures":["Qwen3ForCausalLM"],"hidden_size":\(hiddenSize),"intermediate_size":12288,
            "num_hidden_layers":\(layerCount),"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,
            "vocab_size":151936,"max_position_embeddings":40960,"rms_norm_eps":1e-6,"rope_theta":1e6,
            "tie_word_embeddings":false}
            """
        let object = try JSONObject(JSONValue.parse(Array(text.utf8), file: "config.json"), file: "config.json")
        return try ModelConfiguration(object, architecture: .detect(object))
    }

    private static func tensors(_ configuration: ModelConfiguration) throws -> [RecipeTensor] {
        let architecture = try #require(Architecture.supported.first { $0.name == "qwen3" })
        return architecture.tensors(configuration).map { tensor in
            RecipeTensor(
                name: tensor.name, dimensions: tensor.shape.reversed().map(Int64.init),
                parentType: tensor.role == .norm ? .f32 : .bf16)
        }
    }

    private static let model = RecipeModel(architecture: "qwen3", layerCount: 36, queryHeadsPerKeyValueHead: 4)
    /// Metadata of the published files, mostly the vocabulary.
    private static let headerBytes: Int64 = 5_970_000

    private func feasibility() throws -> Feasibility {
        let configuration = try Self.qwen3()
        let tensors = try Self.tensors(configuration)
        return Feasibility(
            modelName: "Qwen3-8B", configuration: configuration, model: Self.model, parameterCount: 8_190_735_360,
            headerBytes: Self.headerBytes
        ) { _ in tensors }
    }

    /// Sizes of the published files of Qwen3-8B.
    @Test(
        "sizes of Qwen3-8B are the published ones",
        arguments: [("Q4_K_M", "5.03", "4.91"), ("Q3_K_M", "4.12", "4.03"), ("Q6_K", "6.73", "6.57")])
    func sizes(recipe: String, gigabytes: String, bitsPerWeight: String) throws {
        let tensors = try Self.tensors(Self.qwen3())
        let size = try RecipeSize(
            .named(recipe), tensors: tensors, model: Self.model, headerBytes: Self.headerBytes)
        #expect((Double(size.fileBytes) / 1e9).fixed(2) == gigabytes)
        #expect((8 * Double(size.fileBytes) / 8_190_735_360).fixed(2) == bitsPerWeight)
    }

    @Test("1.9 GB is impossible for Qwen3-8B, and the verdict shows the arithmetic and what comes nearest")
    func impossibleSize() throws {
        var targets = FeasibilityTargets()
        targets.maximumFileBytes = 1_900_000_000
        let (status, reason) = try feasibility().verdict(.named("balanced"), targets: targets)
        #expect(status == .infeasible)
        // By hand: 8 x 1.9e9 / 8,190,735,360 = 1.856.
        #expect(
            reason == """
                Qwen3-8B as Q4_K_M is infeasible:
                  file: 5.03 GB (4.91 bits per weight) against 1.90 GB, which is 1.86 bits for each of 8190735360 weights
                  no recipe fits: the smallest is IQ1_S, 2.12 GB, 2.07 bits per weight, which needs an importance matrix
                """)
        let error = #expect(throws: QuantizationError.self) {
            try feasibility().require(.named("balanced"), targets: targets)
        }
        #expect(error?.code == .infeasible)
        #expect(error?.exitCode == .gateFailed)
    }

    @Test(
        "the largest recipe that fits is named",
        arguments: [
            (6_000_000_000 as Int64, "Q5_K_M, 5.85 GB"), (5_000_000_000, "IQ4_NL, 4.82 GB"),
            (3_400_000_000, "Q2_K, 3.28 GB"),
        ])
    func alternative(limit: Int64, named: String) throws {
        var targets = FeasibilityTargets()
        targets.maximumFileBytes = limit
        let reason = try feasibility().verdict(.named("Q6_K"), targets: targets).reason
        #expect(reason.contains("the largest recipe that fits is \(named)"), "\(reason)")
    }

    @Test("memory is weights, keys and values, and buffers")
    func memory() throws {
        let memory = MemoryEstimate(weightsBytes: 5_000, configuration: try Self.qwen3(), contextTokens: 8192)
        // By hand: 2 vectors x 36 blocks x 8 heads x 128 x 8192 tokens x 2 bytes.
        #expect(memory.cacheBytes == 1_207_959_552)
        // By hand: 512 x (4 x (151,936 + 6 x 4096) + 2 x 8192).
        #expect(memory.computeBytes == 369_885_184)
        #expect(memory.totalBytes == 5_000 + 1_207_959_552 + 369_885_184)
    }

    /// "KV buffer size" and "CPU compute buffer size" that llama-perplexity -v of build b11434 prints for Qwen3-0.6B and
    /// Qwen3-4B, in MiB.
    @Test(
        "keys and values are what the engine reports, buffers at least and up to 2 % more",
        arguments: [
            (1024, 28, 512, 56.0, 307.27), (1024, 28, 8192, 896, 316.77), (2560, 36, 512, 72, 322.27),
            (2560, 36, 8192, 1152, 329.77),
        ])
    func engine(hiddenSize: Int, layers: Int, context: Int, cacheMiB: Double, computeMiB: Double) throws {
        let configuration = try Self.qwen3(hiddenSize: hiddenSize, layerCount: layers)
        let memory = MemoryEstimate(weightsBytes: 0, configuration: configuration, contextTokens: context)
        #expect(Double(memory.cacheBytes) == cacheMiB * 1_048_576)
        // Printed with two decimals, and with a few kilobytes of its own.
        #expect((0.9999...1.02).contains(Double(memory.computeBytes) / 1_048_576 / computeMiB))
    }

    @Test("a limit on memory is judged at the given context")
    func memoryLimit() throws {
        var targets = FeasibilityTargets()
        targets.maximumMemoryBytes = 8_000_000_000
        let feasibility = try feasibility()
        #expect(try feasibility.verdict(.named("Q4_K_M"), targets: targets).status == .pass)
        targets.contextTokens = 32_768
        let (status, reason) = try feasibility.verdict(.named("Q4_K_M"), targets: targets)
        #expect(status == .infeasible)
        // By hand: 8e9 - 4 x 1,207,959,552 - 395,051,008 bytes leave 2.71 bits for each weight.
        #expect(
            reason.contains(
                """
                memory: weights 5.02 GB + cache 4.83 GB + buffers 395.1 MB = 10.25 GB at a context of 32768 tokens \
                against 8.00 GB, which leaves 2.71 bits per weight, and the recipe has 4.90
                """), "\(reason)")
        targets.maximumMemoryBytes = 5_000_000_000
        #expect(try feasibility.verdict(.named("Q4_K_M"), targets: targets).reason.contains("cache and buffers alone"))
    }

    @Test("speed is bounded by what a device reads for each token")
    func speed() throws {
        #expect(Feasibility.tokensPerSecond(bytesPerToken: 5_000_000_000, bandwidthBytesPerSecond: 500e9) == 100)
        var targets = FeasibilityTargets()
        targets.contextTokens = 2048
        // An RTX 4070's 504 GB/s; Q4_K_M without its embedding is 4.67 GB, the cache 0.30 GB: 101.3 tokens/s at most.
        targets.speed = .init(tokensPerSecond: 80, bandwidthBytesPerSecond: 504e9)
        let feasibility = try feasibility()
        #expect(try feasibility.verdict(.named("Q4_K_M"), targets: targets).status == .pass)
        targets.speed = .init(tokensPerSecond: 110, bandwidthBytesPerSecond: 504e9)
        let (status, reason) = try feasibility.verdict(.named("Q4_K_M"), targets: targets)
        #expect(status == .infeasible)
        #expect(reason.contains("504.0 GB/s allow at most 101.3 tokens/s"), "\(reason)")
    }

    @Test("the size is the plan's, for every recipe", arguments: [TinyCheckpoint(), .uneven])
    func plans(tiny: TinyCheckpoint) throws {
        let folder = try TemporaryFolder()
        let checkpoint = try Checkpoint(directory: tiny.write(to: folder.url))
        let feasibility = Feasibility(checkpoint, plan: try RecipePlan(checkpoint, .named("Q4_K_M")))
        for recipe in Recipe.all {
            guard let plan = try? RecipePlan(checkpoint, recipe) else { continue }
            var targets = FeasibilityTargets()
            targets.maximumFileBytes = plan.fileBytes
            #expect(try feasibility.verdict(recipe, targets: targets).status == .pass, "\(recipe.name)")
            targets.maximumFileBytes = plan.fileBytes - 1
            #expect(try feasibility.verdict(recipe, targets: targets).status == .infeasible, "\(recipe.name)")
        }
    }
}
