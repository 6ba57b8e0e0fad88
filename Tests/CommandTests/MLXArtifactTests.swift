import Foundation
import Testing

/// What is said before mlx-lm is asked for anything; `.ci/run` has it judge an artifact.
@Suite("lab run of an MLX artifact")
struct MLXArtifactTests {
    private func convert(_ lab: LabCommand) throws -> URL {
        let output = lab.folder.appendingPathComponent("models")
        let made = try lab.convert(to: output, ["--formats", "gguf,mlx", "--precision", "q4_k_m:4bit"])
        #expect(made.status == 0, "\(made.errors)")
        return output.appendingPathComponent("mlx/pajama-tiny-4bit")
    }

    @Test("a folder on the CPU and a GGUF file on mlx are bad usage, said before anything is measured")
    func formats() throws {
        let lab = try LabCommand()
        let folder = try convert(lab)
        let onCPU = try lab.run("suites/smoke", ["--artifact", folder.path, "--backend", "cpu"])
        #expect(onCPU.status == 2)
        #expect(onCPU.errors.contains("\(folder.path) is an MLX folder"))
        let file = lab.folder.appendingPathComponent("models/gguf/pajama-tiny-q4_k_m.gguf")
        let onMLX = try lab.run(
            "suites/smoke", ["--backend", "cpu", "--backend", "mlx", "--artifact", file.path])
        #expect(onMLX.status == 2)
        #expect(onMLX.errors.contains("mlx runs MLX folders"))
        #expect(!onMLX.errors.contains("chunks"))
        let nameless = try lab.run("suites/smoke", ["--backend", "mlx"])
        #expect(nameless.status == 2)
        #expect(nameless.errors.contains("names no recipe for mlx") && nameless.errors.contains("--recipe"))
    }

    @Test(
        "a recipe of nothing that the run makes is bad usage, and an unknown one is told with those there are",
        arguments: [
            ("cpu", "8bit", "of no artifact that this run makes"), ("mlx", "Q6_K", "there is no MLX recipe 'Q6_K'"),
            ("mlx", "8-bit", "there is no MLX recipe '8-bit'"), ("cpu", "Q9_K", "Q9_K"),
        ])
    func recipes(backend: String, recipe: String, words: String) throws {
        let lab = try LabCommand()
        let result = try lab.run("suites/balanced", ["--backend", backend, "--recipe", recipe])
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: lab.reports.appendingPathComponent("latest").path))
    }

    @Test("a folder that is not what its manifest says, or in none, is exit 4 and named")
    func damaged() throws {
        let lab = try LabCommand()
        let folder = try convert(lab)
        let file = folder.appendingPathComponent("config.json")
        try Data("{}".utf8).write(to: file)
        let changed = try lab.run("suites/smoke", ["--artifact", folder.path, "--backend", "mlx"])
        #expect(changed.status == 4)
        #expect(changed.errors.contains("\(file.path) is not what manifest.json says of it"))
        try FileManager.default.removeItem(at: lab.folder.appendingPathComponent("models/manifest.json"))
        let lone = try lab.run("suites/smoke", ["--artifact", folder.path, "--backend", "mlx"])
        #expect(lone.status == 4)
        #expect(lone.errors.contains("is in no manifest"))
    }
}
