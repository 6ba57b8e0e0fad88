import Foundation
import TestSupport
import Testing

/// `llama-pajamas-run` on the models of a local hub.
@Suite(.serialized) struct RunHubModelTests {
    private let place: HubPlace
    private let question = ["--prompt", "Calculate 21 - 13.", "--temperature", "0"]

    init() throws { place = try HubPlace() }

    /// Artifacts of the embedded model, as `convert` leaves them.
    private func convert(_ options: String...) throws -> URL {
        let models = place.output("models")
        let result = try place.lab.convert(to: models, options)
        #expect(result.status == 0, "\(result.errors)")
        return models
    }

    /// Has the hub serve a file or folder.
    private func serve(_ source: URL, as path: String) throws {
        let target = place.server.root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: source, to: target)
    }

    private func generate(_ model: String, _ options: String..., offline: Bool = false) throws -> LabCommand.Result {
        try place.use(["generate", "--model", model] + question + options, offline: offline)
    }

    private func paths() throws -> [String] { try place.server.requests().map(\.path) }

    @Test func takesOneGGUFFileSaysWhyAndLaterNeedsNoNetwork() throws {
        let files = try convert("--precision", "q4_k_m,q6_k").appendingPathComponent("gguf")
        try serve(files.appendingPathComponent("pajama-tiny-q4_k_m.gguf"), as: "lab/tiny-GGUF/Tiny-Q4_K_M.gguf")
        try serve(files.appendingPathComponent("pajama-tiny-q6_k.gguf"), as: "lab/tiny-GGUF/Tiny-Q6_K.gguf")
        for name in ["mmproj-Tiny-F16.gguf", "imatrix.gguf"] {
            try place.server.write(Data(repeating: 7, count: 5_000_000), to: "lab/tiny-GGUF/\(name)")
        }
        try place.server.write(Data(#"{"do_sample": false}"#.utf8), to: "lab/tiny-GGUF/generation_config.json")

        let result = try generate("lab/tiny-GGUF")

        #expect(result.status == 0 && result.output == "8\n", "\(result.errors)")
        #expect(
            result.errors.contains("note: fetching Tiny-Q4_K_M of lab/tiny-GGUF, 2.6 MB: of 2 the Q4_K_M, which fits"))
        #expect(result.errors.contains("download lab/tiny-GGUF: 2.6 MB of 2.6 MB"))
        let asked = try paths()
        #expect(asked.contains { $0.contains("generation_config.json") })
        #expect(!asked.contains { $0.contains("Q6_K") || $0.contains("mmproj") || $0.contains("imatrix") })

        let again = try generate("lab/tiny-GGUF", offline: true)
        #expect(again.status == 0 && again.output == "8\n", "\(again.errors)")
        #expect(try paths().isEmpty)

        let other = try generate("lab/tiny-GGUF", "--artifact", "q6_k", "--revision", "v1.0")
        #expect(other.status == 0 && other.errors.contains("Tiny-Q6_K (named by --artifact): lab/tiny-GGUF at "))
        let slip = try generate("lab/tiny-GGUF", "--artifact", "q5_k_m")
        #expect(slip.status == 2 && slip.errors.contains("there are Tiny-Q4_K_M.gguf, Tiny-Q6_K.gguf"))
    }

    @Test func takesAllPartsOfASplitModel() throws {
        let file = try convert("--precision", "q4_k_m").appendingPathComponent("gguf/pajama-tiny-q4_k_m.gguf")
        let folder = place.server.root.appendingPathComponent("lab/tiny-split/Q4_K_M")
        _ = try SplitGGUF.split(file, into: 2, named: "Tiny-Q4_K_M", in: folder)

        let result = try generate("lab/tiny-split")

        #expect(result.status == 0 && result.output == "8\n", "\(result.errors)")
        #expect(result.errors.contains("Tiny-Q4_K_M: lab/tiny-split at "))
        try FileManager.default.removeItem(at: folder.appendingPathComponent("Tiny-Q4_K_M-00002-of-00002.gguf"))
        let lacking = try generate("lab/tiny-split")
        #expect(lacking.status == 4 && lacking.errors.contains("has no GGUF file that is a whole model"))
    }

    @Test func heedsTheManifestOfAConversionThatWasPublished() throws {
        try serve(convert("--formats", "gguf,mlx", "--precision", "q4_k_m:4bit"), as: "lab/published")

        let gguf = try generate("lab/published", "--backend", "cpu")
        #expect(gguf.status == 0, "\(gguf.errors)")
        #expect(gguf.errors.contains("pajama-tiny as Q4_K_M") && gguf.errors.contains("not validated yet"))
        #expect(!gguf.errors.contains("warning"))

        // The speed of MLX folders is refused when all is there: no Python is needed to see that.
        let mlx = try place.use(["benchmark", "--model", "lab/published", "--backend", "mlx"])
        #expect(mlx.status == 2 && mlx.errors.contains("pajama-tiny as 4bit"), "\(mlx.errors)")
        #expect(mlx.errors.contains("the speed of MLX folders is not measured here"))
    }

    @Test func takesARepositoryThatIsAnMLXFolder() throws {
        let models = try convert("--formats", "mlx", "--precision", "4bit")
        try serve(models.appendingPathComponent("mlx/pajama-tiny-4bit"), as: "lab/tiny-4bit")

        let result = try place.use(["benchmark", "--model", "lab/tiny-4bit"])

        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errors.contains("tiny-4bit: lab/tiny-4bit at "))
        #expect(result.errors.contains("the speed of MLX folders is not measured here"))
        let cpu = try generate("lab/tiny-4bit", "--backend", "cpu")
        #expect(cpu.status == 4 && cpu.errors.contains("lab/tiny-4bit has no artifact for the cpu backend"))
    }

    @Test func tellsOfACheckpointHowItBecomesAnArtifact() throws {
        let result = try generate("lab/pajama-tiny")

        #expect(result.status == 4)
        #expect(
            result.errors.contains(
                "llama-pajamas-quant convert --model lab/pajama-tiny --output models/pajama-tiny --precision q4_k_m\n"))
        #expect(result.errors.contains("llama-pajamas-run chat --model models/pajama-tiny\n"))
        #expect(try !paths().contains { $0.contains("safetensors") })
        let mlx = try generate("lab/pajama-tiny@v1.0", "--backend", "mlx")
        #expect(mlx.errors.contains("convert --model lab/pajama-tiny@v1.0 "))
        #expect(mlx.errors.contains("--formats mlx --precision 4bit\n"))
    }

    @Test func goesToNoHubForWhatIsHere() throws {
        // A path from the lab's own folder, in which commands of tests run, that could be a repository's name.
        let result = try place.use(["benchmark", "--model", "fixtures/pajama-tiny"])

        #expect(result.status == 2 && result.errors.contains("the speed of MLX folders is not measured here"))
        #expect(try place.server.requests().isEmpty)
    }

    @Test func tellsWhatIsNotThere() throws {
        let missing = try generate("lab/nothing")
        #expect(missing.status == 4)
        #expect(missing.errors.contains("there is no file or folder 'lab/nothing' here"), "\(missing.errors)")
        let offline = try generate("lab/nothing", offline: true)
        #expect(offline.status == 4 && offline.errors.contains("HF_HUB_OFFLINE"))
        let revision = try generate("lab/pajama-tiny", "--revision", "v9")
        #expect(revision.status == 4 && revision.errors.contains("'v9'"))
        try place.server.write(Data("x".utf8), to: "lab/old/pytorch_model.bin")
        let old = try generate("lab/old")
        #expect(old.status == 4 && old.errors.contains("has neither GGUF files, nor an MLX folder, nor a checkpoint"))
    }
}
