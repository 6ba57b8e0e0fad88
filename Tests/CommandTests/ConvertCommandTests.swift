import Foundation
import Testing

/// Each test is a user's command line, what it leaves in the folder, and the exit code that a script would see.
@Suite("llama-pajamas-quant convert", .serialized)
struct ConvertCommandTests {
    private let lab: LabCommand
    private let output: URL

    init() throws {
        lab = try LabCommand()
        output = lab.folder.appendingPathComponent("models/tiny")
    }

    /// The fields of `manifest.json` that these tests look at.
    private struct Manifest: Decodable {
        struct Artifact: Decodable {
            let file: String
            let bytes: Int
            let sha256: String
            let recipe: String
        }
        let version: Int
        let artifacts: [Artifact]
    }

    private func manifest() throws -> [Manifest.Artifact] {
        let data = try Data(contentsOf: output.appendingPathComponent("manifest.json"))
        let manifest = try JSONDecoder().decode(Manifest.self, from: data)
        #expect(manifest.version == 3)
        return manifest.artifacts
    }

    private func inode(_ file: String) throws -> Int? {
        let path = output.appendingPathComponent(file).path
        return try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }

    private func files() -> [String] {
        (FileManager.default.enumerator(atPath: output.path)?.compactMap { $0 as? String } ?? []).sorted()
    }

    @Test("several recipes make a file each and one manifest; made again, nothing is done")
    func severalAndAgain() throws {
        let first = try lab.convert(to: output, ["--formats", "gguf", "--precision", "q4_k_m,hq,balanced"])
        #expect(first.status == 0, "\(first.errors)")
        #expect(
            files() == [
                "gguf", "gguf/pajama-tiny-q4_k_m.gguf", "gguf/pajama-tiny-q6_k.gguf", "manifest.json",
            ])
        let artifacts = try manifest()
        #expect(artifacts.map(\.recipe) == ["Q4_K_M", "Q6_K"])
        for artifact in artifacts {
            let file = output.appendingPathComponent(artifact.file)
            #expect(try Data(contentsOf: file).count == artifact.bytes)
            #expect(first.output.contains(file.lastPathComponent))
        }
        let before = try inode("gguf/pajama-tiny-q4_k_m.gguf")

        let second = try lab.convert(to: output, ["--precision", "Q4_K_M,Q6_K"])
        #expect(second.status == 0)
        #expect(second.output.split(separator: "\n").count { $0.contains("already there") } == 2)
        #expect(try inode("gguf/pajama-tiny-q4_k_m.gguf") == before)

        let third = try lab.convert(to: output, ["--precision", "q4_k_m,q2_k"])
        #expect(third.status == 0)
        #expect(try manifest().map(\.recipe) == ["Q2_K", "Q4_K_M", "Q6_K"])
        #expect(try inode("gguf/pajama-tiny-q4_k_m.gguf") == before)

        let forced = try lab.convert(to: output, ["--precision", "q4_k_m", "--force"])
        #expect(forced.status == 0)
        #expect(try inode("gguf/pajama-tiny-q4_k_m.gguf") != before)
        #expect(try manifest().map(\.sha256).contains(artifacts[0].sha256))
    }

    @Test("a changed artifact, another checkpoint or other demands make the file anew")
    func stale() throws {
        let model = lab.folder.appendingPathComponent("pajama-tiny")
        try FileManager.default.copyItem(at: LabCommand.model, to: model)
        func again(_ arguments: [String] = []) throws -> String {
            let result = try lab.convert(model: model, to: output, arguments)
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }
        #expect(try again().contains("written"))
        #expect(try again().contains("already there"))
        let digest = try #require(manifest().first).sha256

        let file = try FileHandle(forUpdating: output.appendingPathComponent("gguf/pajama-tiny-q4_k_m.gguf"))
        try file.seek(toOffset: 1_000_000)
        try file.write(contentsOf: Data([1, 2, 3, 4, 5]))
        try file.close()
        #expect(try again().contains("written"))
        #expect(try manifest().map(\.sha256) == [digest])

        #expect(try again(["--tensor-type", "attn_v=q8_0"]).contains("written"))
        #expect(try again(["--tensor-type", "attn_v=q8_0"]).contains("already there"))
        #expect(try manifest().map(\.sha256) != [digest])

        try Data(#"{"temperature":0.5}"#.utf8).write(to: model.appendingPathComponent("generation_config.json"))
        #expect(try again(["--tensor-type", "attn_v=q8_0"]).contains("written"))
    }

    @Test("a dry run tells every tensor and the size to the byte, and writes nothing")
    func dryRun() throws {
        let plan = try lab.convert(to: output, ["--precision", "q3_k_m", "--dry-run", "--context", "2048"])
        #expect(plan.status == 0)
        #expect(!FileManager.default.fileExists(atPath: output.path))
        let lines = plan.output.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
        // By hand: 256 x 2048 weights in Q6_K, 210 bytes for 256.
        #expect(lines.contains(["output.weight", "256", "x", "2048", "Q6_K", "430,080", "6.5625"]))
        #expect(lines.contains { $0.first == "blk.3.ffn_down.weight" && $0.contains("Q4_K") })
        let told = try #require(lines.first { $0.first == "file" })
        #expect(try lab.convert(to: output, ["--precision", "q3_k_m"]).status == 0)
        #expect(try manifest().first?.bytes == Int(told[1].replacingOccurrences(of: ",", with: "")))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let refusals = [
        Refusal(arguments: ["--max-size", "1MB"], status: 1, says: "1.97 bits for each of 4065792 weights"),
        Refusal(arguments: ["--max-size", "2.45MB"], status: 1, says: "the largest recipe that fits is IQ4_XS"),
        Refusal(arguments: ["--max-memory", "10MB", "--context", "8192"], status: 1, says: "cache 8.4 MB"),
        Refusal(arguments: ["--bandwidth", "10", "--min-speed", "90000"], status: 1, says: "tokens/s"),
        Refusal(arguments: ["--max-size", "1MB", "--dry-run"], status: 1, says: "is infeasible"),
        Refusal(arguments: ["--precision", "iq1_m"], status: 2, says: "needs an importance matrix: tensor 'blk.0"),
        Refusal(arguments: ["--precision", "q9"], status: 2, says: "there is no recipe 'q9'"),
        Refusal(arguments: ["--precision", ","], status: 2, says: "names no recipe"),
        Refusal(arguments: ["--formats", "onnx"], status: 2, says: "there is no format 'onnx'"),
        Refusal(arguments: ["--tensor-type", "attn_v"], status: 2, says: "REGEX=TYPE"),
        Refusal(arguments: ["--max-size", "big"], status: 2, says: "--max-size"),
        Refusal(arguments: ["--bandwidth", "10"], status: 2, says: "belong together"),
        Refusal(
            arguments: ["--leave-output-tensor", "--output-tensor-type", "q8_0"], status: 2, says: "exclude each other"),
        Refusal(arguments: ["--threads", "0"], status: 2, says: "--threads must be"),
        Refusal(arguments: ["--model", "./Qwen3-8B"], status: 4, says: "there is no checkpoint folder ./Qwen3-8B"),
        Refusal(arguments: ["--output", "/dev/null/place"], status: 4, says: "/dev/null/place"),
    ]

    @Test("what cannot be is refused before anything is written, with its exit code", arguments: refusals)
    func refused(refusal: Refusal) throws {
        let result = try lab.convert(to: output, refusal.arguments)
        #expect(result.status == refusal.status, "\(result.output)\(result.errors)")
        #expect(result.errors.contains(refusal.says), "\(result.errors)")
        #expect(files().isEmpty)
    }

    @Test("a conversion that is killed leaves nothing half written, and the next one finishes it")
    func killed() throws {
        #expect(try lab.convert(to: output, ["--precision", "q6_k"]).status == 0)
        for delayMilliseconds in [10, 40, 80, 160, 240] {
            let running = try lab.start(
                convert: LabCommand.model, to: output, ["--precision", "q6_k,q4_k_m,q3_k_m,bf16", "--force"])
            usleep(UInt32(delayMilliseconds) * 1000)
            running.kill()
            _ = try running.wait()
            for artifact in try manifest() {
                let bytes = try Data(contentsOf: output.appendingPathComponent(artifact.file)).count
                #expect(bytes == artifact.bytes)
            }
        }
        let whole = try lab.convert(to: output, ["--precision", "q6_k,q4_k_m,q3_k_m,bf16"])
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(try manifest().count == 4)
        #expect(files().count == 6, "\(files())")
    }

    @Test("two conversions into one folder come one after the other, and both are told of")
    func simultaneous() throws {
        let both = try ["q4_k_m,q6_k", "q4_k_m,q2_k"].map {
            try lab.start(convert: LabCommand.model, to: output, ["--precision", $0])
        }
        let results = try both.map { try $0.wait() }
        #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
        #expect(try manifest().map(\.recipe) == ["Q2_K", "Q4_K_M", "Q6_K"])
    }

    #if os(Linux)
        @Test(
            "a disk too small for all artifacts is exit 4 before the first one is written",
            .enabled(
                if: InterruptionTests.canMount,
                "needs user namespaces: sysctl kernel.unprivileged_userns_clone=1, or run as root"))
        func smallDisk() throws {
            let disk = lab.folder.appendingPathComponent("disk")
            try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
            let listing = lab.folder.appendingPathComponent("listing")
            // Each artifact alone would fit.
            let script = """
                mount -t tmpfs -o size=4m tmpfs '\(disk.path)'
                LAB_CACHE='\(lab.folder.path)/cache' LAB_STORE='\(lab.store.path)' '\(LabCommand.quantizer.path)' \
                    convert --model '\(LabCommand.model.path)' --output '\(disk.path)' --precision q6_k,q4_k_m
                status=$?
                find '\(disk.path)' -type f > '\(listing.path)'
                exit $status
                """
            let result = try LabCommand.command(["unshare", "-rm", "sh", "-c", script])
            #expect(result.status == 4, "\(result.errors)")
            #expect(result.errors.contains("2 artifacts need 6.0 MB, and the disk has 4.2 MB left"), "\(result.errors)")
            #expect(try String(contentsOf: listing, encoding: .utf8).isEmpty)
        }
    #endif

    // MARK: - Importance matrices

    @Test("an importance matrix is computed from the text that comes with the model, once")
    func calibration() throws {
        let arguments = ["--precision", "iq2_xs,q2_k", "--calibration-samples", "2"]
        let first = try lab.convert(to: output, arguments)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.errors.contains("calibrate"))
        #expect(
            files() == [
                "gguf", "gguf/pajama-tiny-imatrix.gguf", "gguf/pajama-tiny-iq2_xs-imatrix.gguf",
                "gguf/pajama-tiny-q2_k-imatrix.gguf", "manifest.json",
            ])
        let before = try manifest().map(\.sha256)
        let second = try lab.convert(to: output, arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(!second.errors.contains("calibrate"))
        #expect(second.output.contains("already there"))
        #expect(try manifest().map(\.sha256) == before)
        // The file itself does as well as the text it was computed from.
        let matrix = output.appendingPathComponent("gguf/pajama-tiny-imatrix.gguf").path
        let named = try lab.convert(
            to: lab.folder.appendingPathComponent("named"), ["--precision", "q2_k", "--imatrix", matrix])
        #expect(named.status == 0, "\(named.errors)")
    }

    @Test("matrices are added up without touching their files, and a dry run writes nothing")
    func merging() throws {
        let (one, other) = (
            lab.folder.appendingPathComponent("one.gguf"), lab.folder.appendingPathComponent("two.gguf")
        )
        for (file, windows) in [(one, "1"), (other, "2")] {
            let result = try lab.calibrate(to: file, ["--calibration-samples", windows])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("28 tensors, \(windows) windows"))
        }
        let arguments = ["--precision", "q2_k", "--imatrix", one.path, "--imatrix", other.path]
        let dry = try lab.convert(to: output, arguments + ["--dry-run"])
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.contains("importance matrix") && !dry.output.contains("garbage"))
        #expect(files().isEmpty)
        #expect(try lab.convert(to: output, arguments).status == 0)
        let again = try lab.convert(to: output, arguments)
        #expect(again.output.contains("already there"), "\(again.output)")
        let sum = output.appendingPathComponent("gguf/pajama-tiny-imatrix.gguf")
        let merged = try lab.calibrate(to: lab.folder.appendingPathComponent("sum.gguf"), Array(arguments.dropFirst(2)))
        #expect(merged.output.contains("28 tensors, 3 windows"))
        #expect(try Data(contentsOf: sum) == Data(contentsOf: lab.folder.appendingPathComponent("sum.gguf")))
    }

    @Test(
        "what cannot be calibrated is refused before anything is computed",
        arguments: [
            (["--precision", "bf16", "--calibration-samples", "1"], 2, "no effect on BF16"),
            (["--precision", "q2_k", "--calibration-data", "no-such-file"], 4, "no-such-file"),
            (["--precision", "q2_k", "--calibration-samples", "1000"], 2, "fewer than 1000 x 512"),
            (["--precision", "q2_k", "--imatrix", "README.md"], 4, "README.md"),
        ])
    func uncalibrated(arguments: [String], status: Int32, words: String) throws {
        let result = try lab.convert(to: output, arguments)
        #expect(result.status == status)
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(files().isEmpty)
    }

    @Test("a calibration that is killed is continued, and its matrix is the one of a calibration at once")
    func killedCalibration() throws {
        let whole = lab.folder.appendingPathComponent("whole.gguf")
        #expect(try lab.calibrate(to: whole, ["--calibration-samples", "24"]).status == 0)
        let other = try LabCommand()
        let file = other.folder.appendingPathComponent("continued.gguf")
        let running = try other.start(calibrateTo: file, ["--calibration-samples", "24"])
        while running.isRunning, other.unfinishedMatrices().isEmpty { usleep(10_000) }
        running.kill()
        _ = try running.wait()
        #expect(other.unfinishedMatrices().count == 1)
        #expect(!FileManager.default.fileExists(atPath: file.path))
        let second = try other.calibrate(to: file, ["--calibration-samples", "24"])
        #expect(second.status == 0, "\(second.errors)")
        // What was kept is not computed again.
        #expect(!second.errors.contains(": 1/24") && !second.errors.contains(": 0/24"))
        #expect(try Data(contentsOf: file) == Data(contentsOf: whole))
        #expect(other.unfinishedMatrices().isEmpty)
    }

    @Test("a matrix is not written over one that it is made from, nor where no folder can be")
    func calibrateInto() throws {
        let file = lab.folder.appendingPathComponent("m.gguf")
        #expect(try lab.calibrate(to: file, ["--calibration-samples", "1"]).status == 0)
        #expect(try lab.calibrate(to: file, ["--imatrix", file.path]).status == 2)
        let nowhere = try lab.calibrate(to: URL(fileURLWithPath: "/dev/null/m.gguf"), ["--imatrix", file.path])
        #expect(nowhere.status == 4)
        #expect(nowhere.errors.contains("/dev/null"))
    }

    @Test("text that models are measured on is refused for calibration")
    func heldOut() throws {
        let text = LabCommand.model.appendingPathComponent("heldout/text.txt")
        let copy = lab.folder.appendingPathComponent("renamed.txt")
        try FileManager.default.copyItem(at: text, to: copy)
        let result = try lab.convert(to: output, ["--precision", "q2_k", "--calibration-data", copy.path])
        #expect(result.status == 2)
        #expect(result.errors.contains("renamed.txt") && result.errors.contains("measured on"))
        #expect(files().isEmpty)
    }
}
