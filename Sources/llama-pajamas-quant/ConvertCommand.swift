public import ArgumentParser
import CommandSupport
import Foundation
import LabCore
import LabRunner
import Quantization

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert a checkpoint to GGUF files and MLX folders, in one pass over its weights.",
        discussion: """
            Writes OUTPUT/gguf/NAME-RECIPE.gguf or OUTPUT/mlx/NAME-RECIPE/ for each recipe, and OUTPUT/manifest.json \
            that tells of them all. What is there already, whole and made in the same way, is left alone.

            Examples:
              llama-pajamas-quant convert --model Qwen/Qwen3-8B --output ./models/qwen3-8b --formats gguf,mlx \\
                --precision q4_k_m:4bit
              llama-pajamas-quant convert --model Qwen/Qwen3-8B --output ./models/qwen3-8b --formats mlx \\
                --precision 4bit --mixed-precision --embedding-bits 6
              llama-pajamas-quant convert --model ./Qwen3-8B --output ./models/qwen3-8b --precision q4_k_m,q6_k \\
                --validate --calibration-samples 512
            """)

    @OptionGroup var source: ModelOption

    @Option(help: "The folder to write to; it is made where it is missing.", completion: .directory)
    var output: String

    @Option(help: "Formats, separated by commas: gguf, mlx.")
    var formats: String = "gguf"

    @Option(
        help: """
            Recipes, separated by commas: llama.cpp's names such as q4_k_m for gguf; 2bit, 3bit, 4bit, 5bit, 6bit, 8bit, \
            4bit-uniform and mlx-lm's mixed_2_6, mixed_3_4, mixed_3_6 and mixed_4_6 for mlx; balanced, ultra and hq for \
            both. For both formats at once, GGUF's, a colon, and MLX's: q4_k_m:4bit.
            """)
    var precision: String = "balanced"

    @Option(
        help: ArgumentHelp(
            "llama.cpp's name for the way the tokenizer cuts text. Default: what tokenizer.json tells.",
            valueName: "name"))
    var preTokenizer: String?

    @OptionGroup(title: "Types of single tensors of GGUF files") var types: TypeOptions

    @OptionGroup(title: "Types of MLX folders") var mlx: MLXCommandOptions

    @OptionGroup(title: "Importance matrix") var importance: ImportanceOptions

    @OptionGroup(title: "Limits") var limits: LimitOptions

    @Flag(
        name: .customLong("validate"),
        help: "Measure each artifact against the checkpoint, as the validate command does, and end with its code.")
    var isToBeValidated = false

    @Option(help: "What --validate measures, separated by commas. Default: perplexity.")
    var metrics: String?

    @Flag(help: "Show every tensor's type and size, and the size of the files; write nothing.")
    var dryRun = false

    @Flag(help: "Make files again that are there already.")
    var force = false

    @OptionGroup var threading: ThreadOptions

    func validate() throws {
        if dryRun, importance.isToBeComputed {
            throw ValidationError("--dry-run takes a matrix with --imatrix FILE: one that is not computed has no size")
        }
        if dryRun, isToBeValidated { throw ValidationError("--dry-run makes nothing that --validate could measure") }
        if metrics != nil, !isToBeValidated { throw ValidationError("--metrics belongs to --validate") }
    }

    func run() throws {
        let recipes = try recipes
        let steps = StepProgress(
            source.isRepository ? "download" : nil, importance.isToBeComputed ? "calibrate" : nil,
            dryRun ? nil : "convert", isToBeValidated ? "validate" : nil)
        // What no file has to tell is a fault to hear of before a download.
        if isToBeValidated { try ValidationRun.requireKnown(metricNames) }
        let outline = dryRun ? try source.outline(steps) : nil
        // Its folder goes with it.
        defer { withExtendedLifetime(outline) {} }
        let model = try outline?.folder ?? source.checkpoint(steps)
        var options = ConversionOptions(model: model, output: URL(fileURLWithPath: output), recipes: recipes)
        options.targets = limits.targets
        options.preTokenizer = preTokenizer
        options.threads = threading.threads ?? options.threads
        options.isForced = force
        options.importanceMatrices = importance.imatrix
        steps.begin("calibrate")
        options.calibration = try importance.calibration(for: options.model, progress: steps)
        let run = try ConversionRun(options: options, progress: steps.show)
        if dryRun {
            for plan in run.plans {
                print(PlanTable.render(plan, of: run.checkpoint, contextTokens: options.targets.contextTokens) + "\n")
            }
            try run.requireFeasible()
        } else {
            steps.begin("convert")
            let outcomes = try run.run()
            print(OutcomeTable.render(outcomes, manifest: run.manifest))
            if isToBeValidated { try measure(outcomes, model, steps) }
        }
    }

    private var metricNames: [String] {
        (metrics ?? "perplexity").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Ends with the worst verdict.
    private func measure(_ outcomes: [ConversionRun.Outcome], _ model: URL, _ steps: StepProgress) throws {
        steps.begin("validate")
        var verdicts: [VerdictStatus] = []
        for outcome in outcomes {
            var options = ValidationRun.Options(
                original: { model }, quantized: outcome.url,
                output: URL(fileURLWithPath: output).appendingPathComponent("validation", isDirectory: true),
                command: CommandLine.text(as: "./llama-pajamas-quant"))
            options.metrics = metricNames
            if let threads = threading.threads { options.compute = ComputeSettings(threads: threads) }
            let outcome = try ValidationRun(options: options, progress: steps.show).run()
            print(
                "\n"
                    + ValidationReport.render(
                        outcome.record, quantized: options.quantized.relativePath, original: source.model))
            verdicts.append(outcome.record.verdict)
        }
        throw LabCore.ExitCode.Ending(exitCode: Verdict.overall(verdicts).exitCode)
    }

    private var recipes: [ArtifactRecipe] {
        get throws {
            let formats = try PrecisionList.formats(formats)
            let overrides = try types.overrides
            guard formats.contains(.mlx) || mlx.options.isEmpty else {
                throw ValidationError(
                    "--group-size, --mixed-precision, --embedding-bits, --output-bits, --aggressive and --dtype are for "
                        + "--formats mlx")
            }
            guard formats.contains(.gguf) || (overrides.isEmpty && preTokenizer == nil && !importance.isGiven) else {
                throw ValidationError(
                    "--tensor-type, --output-tensor-type, --token-embedding-type, --leave-output-tensor, --pure, "
                        + "--pre-tokenizer, --imatrix, --calibration-data and --calibration-samples are for "
                        + "--formats gguf")
            }
            return try PrecisionList.recipes(precision, formats: formats, overrides: overrides, options: mlx.options)
        }
    }
}

/// What the errors of quantization are weighed by.
struct ImportanceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An importance matrix in a file: llama.cpp's GGUF, or its older .dat; several are added up.",
            valueName: "file"), completion: .file())
    var imatrix: [String] = []

    @Option(
        help: ArgumentHelp(
            "Compute an importance matrix from this text: a file, or wikitext2-validation. Default: the text that comes "
                + "with the checkpoint, else that.", valueName: "file"), completion: .file())
    var calibrationData: String?

    @Option(
        help: ArgumentHelp(
            "Compute one from so many windows of 512 tokens. Default: all of the text.", valueName: "n"))
    var calibrationSamples: Int?

    func validate() throws {
        if let calibrationSamples, !(1...1_000_000).contains(calibrationSamples) {
            throw ValidationError("--calibration-samples must be from 1 to 1000000")
        }
    }

    var isGiven: Bool { isToBeComputed || !imatrix.isEmpty }

    var isToBeComputed: Bool { calibrationData != nil || calibrationSamples != nil }

    /// The text asked for; without a name it is the one that comes with the checkpoint, or else WikiText-2's
    /// validation split.
    func calibration(for model: URL, progress: StepProgress) throws -> CalibrationText? {
        guard isToBeComputed else { return nil }
        return try text(for: model, progress: progress)
    }

    /// The same, where nothing was asked for.
    func text(for model: URL, progress: StepProgress) throws -> CalibrationText {
        if calibrationData == nil, let own = CalibrationText.beside(model, windows: calibrationSamples) { return own }
        try Folders.requireCheckpoint(model)
        let named = try NamedDatasets(progress: progress.show, notice: progress.say)
            .resolve(calibrationData ?? "wikitext2-validation")
        return CalibrationText(file: named.file, name: named.name, windows: calibrationSamples)
    }
}

/// The options of llama-quantize that decide types.
struct TypeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Give tensors whose GGUF name contains a match of a regular expression this type; may be given several "
                + "times, the first match decides.", valueName: "regex=type"))
    var tensorType: [String] = []

    @Option(help: ArgumentHelp("The type of the output matrix.", valueName: "type"))
    var outputTensorType: String?

    @Option(help: ArgumentHelp("The type of the token embedding.", valueName: "type"))
    var tokenEmbeddingType: String?

    @Flag(help: "Leave the output matrix in BF16.")
    var leaveOutputTensor = false

    @Flag(help: "Give every matrix the recipe's base type.")
    var pure = false

    func validate() throws {
        if leaveOutputTensor, outputTensorType != nil {
            throw ValidationError("--leave-output-tensor and --output-tensor-type exclude each other")
        }
    }

    var overrides: TypeOverrides {
        get throws {
            var overrides = TypeOverrides()
            overrides.patterns = try tensorType.map(TypeOverrides.Pattern.init(parsing:))
            overrides.outputType = try outputTensorType.map(TypeOverrides.type(named:))
            overrides.embeddingType = try tokenEmbeddingType.map(TypeOverrides.type(named:))
            overrides.leavesOutput = leaveOutputTensor
            overrides.isPure = pure
            return overrides
        }
    }
}

/// Limits that a conversion refuses to exceed, before anything is written.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The largest file, such as 1.9GB.", valueName: "size"))
    var maxSize: ByteSize?

    @Option(help: ArgumentHelp("The most memory for weights, context and buffers, such as 8GiB.", valueName: "size"))
    var maxMemory: ByteSize?

    @Option(help: ArgumentHelp("The context that --max-memory and --min-speed are meant for.", valueName: "tokens"))
    var context: Int = FeasibilityTargets().contextTokens

    @Option(help: ArgumentHelp("What the device reads from its memory in a second.", valueName: "gb/s"))
    var bandwidth: Double?

    @Option(help: ArgumentHelp("The least speed of generation on that device.", valueName: "tokens/s"))
    var minSpeed: Double?

    func validate() throws {
        if context < 1 { throw ValidationError("--context must be at least 1") }
        if (bandwidth == nil) != (minSpeed == nil) {
            throw ValidationError("--bandwidth GB/S and --min-speed TOKENS/S belong together")
        }
        for (name, value) in [("--bandwidth", bandwidth), ("--min-speed", minSpeed)] {
            if let value, !(value > 0 && value < 1e9) { throw ValidationError("\(name) must be above 0") }
        }
    }

    var targets: FeasibilityTargets {
        var targets = FeasibilityTargets()
        targets.maximumFileBytes = maxSize?.bytes
        targets.maximumMemoryBytes = maxMemory?.bytes
        targets.contextTokens = context
        if let bandwidth, let minSpeed {
            targets.speed = .init(tokensPerSecond: minSpeed, bandwidthBytesPerSecond: bandwidth * 1e9)
        }
        return targets
    }
}

extension ByteSize: ExpressibleByArgument {
    init?(argument: String) { self.init(parsing: argument) }
}
