import Foundation
import LabRunner
import TestSupport
import Testing

/// The commands as their users type them, on models that a local hub serves.
@Suite struct HubCommandTests {
    /// What these tests look at in a manifest.
    fileprivate struct Manifest: Decodable {
        struct Artifact: Decodable {
            struct Source: Decodable {
                let name: String
                let id: String?
                let revision: String?
            }
            struct Validation: Decodable {
                let suite: String
                let evaluation: String
                let metric: String?
                let status: String
                let baseline: Double?
                let quantized: Double?
                let value: Double?
                let threshold: Double?
            }
            let file: String
            let source: Source
            let validation: [Validation]?
        }
        let artifacts: [Artifact]
    }

    @Test func infoReadsHeadersAlone() throws {
        let place = try HubPlace()

        let result = try place.quant("info", "lab/pajama-tiny")

        #expect(result.status == 0, "\(result.errors)")
        for words in ["dense decoder, GQA", "without embeddings", "config.json", "Q4_K_M", "4bit", "not yet"] {
            #expect(result.output.contains(words), "\(words)")
        }
        let weights = try place.server.requests().filter { $0.path.contains("model.safetensors") && $0.content }
        #expect(weights.count == 1 && weights[0].range == "bytes=0-131071")
    }

    @Test func infoSaysTheSameOfARepositoryAndItsFolder() throws {
        let place = try HubPlace()

        let remote = try place.quant("info", "lab/pajama-tiny", "--json")
        let local = try place.quant("info", LabCommand.model.path, "--json")

        func sizes(_ result: LabCommand.Result) throws -> NSArray? {
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            return object?["sizes"] as? NSArray
        }
        let one = try #require(try sizes(remote))
        #expect(one.count > 30)
        #expect(one == (try sizes(local)))
    }

    @Test func oneCommandFetchesAndWritesBothFormats() throws {
        let place = try HubPlace()

        let result = try place.quant(
            "convert", "--model", "lab/pajama-tiny", "--output", place.output("models").path, "--formats", "gguf,mlx",
            "--precision", "q4_k_m:4bit")

        #expect(result.status == 0, "\(result.errors)")
        #expect(place.exists("models/gguf/pajama-tiny-q4_k_m.gguf"))
        #expect(place.exists("models/mlx/pajama-tiny-4bit/model.safetensors"))
        let artifacts = try place.manifest("models").artifacts
        #expect(artifacts.count == 2)
        #expect(artifacts.allSatisfy { $0.source.id == "lab/pajama-tiny" && $0.source.revision?.count == 40 })
        #expect(artifacts.allSatisfy { $0.source.name == "pajama-tiny" })
    }

    @Test(arguments: [
        ["--formats", "mlx", "--precision", "4bit", "--mixed-precision", "--embedding-bits", "6"],
        ["--formats", "gguf,mlx", "--precision", "q3_k_m:4bit", "--aggressive"],
        ["--formats", "gguf,mlx", "--precision", "q6_k:8bit"],
    ])
    func thePlansOtherConversionsWork(_ options: [String]) throws {
        let place = try HubPlace()

        let result = try place.quant(
            ["convert", "--model", "lab/pajama-tiny", "--output", place.output("models").path] + options)

        #expect(result.status == 0, "\(result.errors)")
        #expect(try place.manifest("models").artifacts.count == (options[1] == "mlx" ? 1 : 2))
    }

    @Test func aConversionIsCalibratedValidatedAndRecorded() throws {
        let place = try HubPlace()

        let result = try place.quant(
            "convert", "--model", "lab/pajama-tiny", "--output", place.output("models").path, "--precision", "q4_k_m",
            "--validate", "--calibration-samples", "4")

        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("status     PASS"))
        #expect(result.errors.contains("[4/4]"))
        let artifact = try #require(try place.manifest("models").artifacts.first)
        #expect(artifact.file == "gguf/pajama-tiny-q4_k_m-imatrix.gguf")
        let verdict = try #require(artifact.validation?.first)
        #expect(verdict.suite == "balanced" && verdict.metric == "perplexity_increase" && verdict.status == "pass")
        let baseline = try #require(verdict.baseline)
        let quantized = try #require(verdict.quantized)
        let value = try #require(verdict.value)
        #expect(abs(100 * (quantized / baseline - 1) - value) < 1e-6)
        #expect(verdict.threshold == 5)
        // Found again, nothing is lost of what was measured.
        let again = try place.quant(
            "convert", "--model", "lab/pajama-tiny", "--output", place.output("models").path, "--precision",
            "q4_k_m,q6_k", "--calibration-samples", "4")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try place.manifest("models").artifacts.contains { $0.validation?.isEmpty == false })
    }

    @Test func validateJudgesAnArtifactByItsRecipesSuite() throws {
        let place = try HubPlace()
        let models = place.output("models").path
        #expect(
            try place.quant("convert", "--model", "lab/pajama-tiny", "--output", models, "--precision", "q6_k").status
                == 0)

        let result = try place.quant(
            "validate", "--original", "lab/pajama-tiny", "--quantized", "\(models)/gguf/pajama-tiny-q6_k.gguf",
            "--metrics",
            "perplexity,samples", "--limit", "6", "--output", place.lab.reports.path, "--json",
            place.output("v.json").path)

        #expect([0, 3].contains(result.status), "\(result.errors)")
        #expect(result.output.contains("baseline ") && result.output.contains("threshold  < 2 %"))
        struct Report: Decodable {
            struct Validation: Decodable {
                struct Sample: Decodable {
                    let prompt: String
                    let match: Bool
                }
                let samples: [Sample]
            }
            let validation: Validation
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: place.output("v.json")))
        #expect(!report.validation.samples.isEmpty)
        #expect(try place.manifest("models").artifacts[0].validation?.contains { $0.suite == "hq" } == true)
    }

    @Test func aSuiteRunsOnARepositoryAndThenWithoutANetwork() throws {
        let place = try HubPlace()

        let result = try place.run(
            "run", "suites/smoke", "--evaluations", "perplexity", "--output", place.lab.reports.path, "--model",
            "lab/pajama-tiny")
        #expect(result.status == 0, "\(result.errors)")

        _ = try place.server.requests()
        let info = try place.quant("info", "lab/pajama-tiny", offline: true)
        #expect(info.status == 0, "\(info.errors)")
        #expect(try place.server.requests().isEmpty)
    }

    @Test func aProxyIsUsedWhereTheEnvironmentNamesOne() throws {
        let place = try HubPlace()

        // No such host: only the proxy, which is the local hub itself, can answer for it.
        let result = try place.shell(
            "HF_ENDPOINT=http://hub.invalid http_proxy=\(place.server.endpoint) no_proxy=127.0.0.1 "
                + "exec \(LabCommand.quantizer.path) download lab/pajama-tiny")

        #expect(result.status == 0, "\(result.errors)")
        #expect(try place.server.requests().contains { $0.path.hasPrefix("http://hub.invalid/api/") })
    }

    @Test func aDiskThatIsFullKeepsWhatCameAndTheCommandGoesOn() throws {
        let place = try HubPlace()

        // The shell's limit on file sizes stands for the disk's.
        let full = try place.shell("ulimit -f 2000; exec \(LabCommand.quantizer.path) download lab/pajama-tiny")
        #expect(full.status == 4 && full.errors.contains("cannot be written"), "\(full.errors)")
        let before = try place.server.requests().filter(\.content).reduce(0) { $0 + $1.sent }
        let result = try place.quant("download", "lab/pajama-tiny")

        #expect(result.status == 0, "\(result.errors)")
        let after = try place.server.requests().filter(\.content).reduce(0) { $0 + $1.sent }
        let size =
            try FileManager.default.attributesOfItem(
                atPath: LabCommand.model.appendingPathComponent("model.safetensors").path)[.size] as? Int
        #expect(before > 0 && after > 0 && after < size ?? 0)
    }

    @Test(arguments: [
        ("Q8_0", "hq"), ("Q6_K", "hq"), ("Q5_K_M", "hq"), ("BF16", "hq"), ("Q4_K_M", "balanced"),
        ("IQ4_XS", "balanced"),
        ("Q4_K_M-imatrix", "balanced"), ("Q3_K_M", "ultra"), ("TQ1_0", "ultra"), ("4bit", "balanced"), ("8bit", "hq"),
        ("4bit-uniform", "ultra"), ("mixed_3_6", "ultra"),
    ])
    func aRecipeIsJudgedByTheSuiteOfItsBits(_ recipe: String, _ suite: String) {
        #expect(ValidationRun.suiteName(ofRecipe: recipe) == suite)
    }

    @Test func aNameThatIsNothingIsToldFromBothSides() throws {
        let place = try HubPlace()

        let result = try place.quant("info", "lab/nothing")
        #expect(result.status == 4 && result.errors.contains("there is no model lab/nothing"))

        let slip = try place.quant(
            "convert", "--model", "modles/qwen3", "--output", place.output("models").path, "--dry-run")
        #expect(slip.status == 4)
        #expect(slip.errors.contains("there is no file or folder 'modles/qwen3' here"), "\(slip.errors)")
    }

    @Test func whatTheCacheHasIsDescribedWhenTheHubDoesNotAnswer() throws {
        let place = try HubPlace()
        #expect(try place.quant("download", "lab/pajama-tiny").status == 0)

        let info = try place.shell(
            "HF_ENDPOINT=http://127.0.0.1:1 exec \(LabCommand.quantizer.path) info lab/pajama-tiny")

        #expect(info.status == 0 && info.errors.contains("going on with what the cache has"), "\(info.errors)")
    }

    @Test func anUnknownMetricIsToldBeforeAnythingIsFetched() throws {
        let place = try HubPlace()

        let result = try place.quant(
            "validate", "--original", "lab/pajama-tiny", "--quantized", "x.gguf", "--metrics", "perplexty")

        #expect(result.status == 2 && result.errors.contains("did you mean 'perplexity'?"), "\(result.errors)")
        #expect(try place.server.requests().isEmpty)
    }

    @Test(arguments: [
        (["--backend", "cpuu"], "x.gguf", 2, "there is no backend 'cpuu'"),
        (["--suite", "balancd"], "fixtures/pajama-tiny/config.json", 2, "did you mean 'balanced'?"),
        ([], "x.gguf", 4, "there is no artifact"),
    ])
    func whatCannotBeValidatedIsToldBeforeAnythingIsFetched(
        _ options: [String], _ artifact: String, _ status: Int32, _ words: String
    ) throws {
        let place = try HubPlace()

        let result = try place.quant(
            ["validate", "--original", "lab/pajama-tiny", "--quantized", artifact] + options)

        #expect(result.status == status && result.errors.contains(words), "\(result.errors)")
        #expect(try place.server.requests().isEmpty)
    }

    @Test func metricsOfAConversionThatIsNotValidatedAreRefused() throws {
        let result = try LabCommand.command([
            LabCommand.quantizer.path, "convert", "--model", LabCommand.model.path, "--output", "/nowhere", "--metrics",
            "perplexity",
        ])

        #expect(result.status == 2 && result.errors.contains("--metrics belongs to --validate"), "\(result.errors)")
    }

    @Test(arguments: [
        (["--formats", "ggfu"], "did you mean 'gguf'?"), (["--precision", "q4_k_n"], "Did you mean 'Q4_K_M'?"),
        (["--formats", "mlx", "--precision", "4bits"], "Did you mean '4bit'?"),
    ])
    func anUnknownValueIsAnsweredWithTheNearest(_ options: [String], _ words: String) throws {
        let result = try LabCommand.command(
            [LabCommand.quantizer.path, "convert", "--model", LabCommand.model.path, "--output", "/nowhere"] + options)

        #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
    }

    @Test func dataSetsComeByNameAndAreVerified() throws {
        let place = try HubPlace()
        let home = place.server.root.appendingPathComponent("raw/google-research/url-nlp/main/mgsm")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let file = home.appendingPathComponent("mgsm_en.tsv")
        try Data("a question\t1\n".utf8).write(to: file)

        let other = try place.quant("download", "mgsm-en")
        #expect(other.status == 4 && other.errors.contains("50021d0f"))
        #expect(!place.exists("cache/datasets/mgsm-en/mgsm_en.tsv"))

        let data = LabCommand.root.appendingPathComponent("../shared/data")
        let named = ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) } ?? data
        let official = try #require(
            try? Data(contentsOf: named.appendingPathComponent("mgsm/mgsm_en.tsv")),
            "no mgsm/mgsm_en.tsv in \(named.path): set LAB_DATA to a folder with it")
        try official.write(to: file)
        let right = try place.quant("download", "mgsm-en")
        #expect(right.status == 0, "\(right.errors)")
        let kept = URL(fileURLWithPath: right.output.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(try Data(contentsOf: kept) == official)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func shellsGetCompletions(_ shell: String) throws {
        let result = try LabCommand.command([LabCommand.quantizer.path, "--generate-completion-script", shell])

        #expect(result.status == 0)
        #expect(result.output.contains("validate") && result.output.contains("calibration-samples"))
    }
}

extension HubPlace {
    fileprivate func manifest(_ folder: String) throws -> HubCommandTests.Manifest {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            HubCommandTests.Manifest.self, from: Data(contentsOf: output("\(folder)/manifest.json")))
    }
}
