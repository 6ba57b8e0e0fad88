import Foundation
import Testing

/// What can go wrong with a conversion, through the command: exit 4, words that name the place and the cure, nothing
/// under a final name, the input untouched, and nothing in the way of the next run.
@Suite("Faults of a conversion", .serialized)
struct ConversionFaultTests {
    private let lab: LabCommand
    private let output: URL
    private let model: URL

    init() throws {
        lab = try LabCommand()
        output = lab.folder.appendingPathComponent("models/tiny")
        model = lab.folder.appendingPathComponent("pajama-tiny")
    }

    private static let artifact = "gguf/pajama-tiny-q4_k_m.gguf"
    private static let whole = [artifact, "manifest.json"]

    /// Files, hidden ones too, without folders.
    private func files() -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: output.path)) ?? []
        return names.filter { $0 != "gguf" }.sorted()
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var layouts = CheckpointCopy.Layout.allCases
        /// Damages the copy; returns the file that is to blame.
        let damage: @Sendable (CheckpointCopy) throws -> URL
        /// What the message says after that file.
        let says: String
        let remedy: String
    }

    private static let matrix = "model.layers.1.mlp.down_proj.weight"
    private static let again = "The file is damaged or incomplete: download it again."

    static let faults = [
        Fault(
            testDescription: "no weights at all", layouts: [.single],
            damage: {
                try FileManager.default.removeItem(at: $0.weights[0])
                return $0.folder
            },
            says: ": has neither model.safetensors nor model.safetensors.index.json",
            remedy: "Name a directory with a Hugging Face checkpoint, or download the weights."),
        Fault(
            testDescription: "a shard is missing", layouts: [.sharded],
            damage: {
                try FileManager.default.removeItem(at: $0.weights[1])
                return $0.weights[1]
            },
            says: ": is not there, and model.safetensors.index.json puts tensor 'model.embed_tokens.weight' in it",
            remedy: "Download the file from the model's own repository."),
        Fault(
            testDescription: "the last file is cut short",
            damage: {
                try $0.truncate(bytes: 1)
                return $0.weights[$0.weights.count - 1]
            },
            says: ".weight': ends at byte ", remedy: again),
        Fault(
            testDescription: "a file is cut within its header",
            damage: {
                let file = $0.weights[0]
                try Data(Data(contentsOf: file).prefix(100)).write(to: file)
                return file
            },
            says: ": header: claims ", remedy: again),
        Fault(
            testDescription: "a matrix lies on its side",
            damage: {
                try $0.edit(matrix, "shape") { $0.reversed() }
                return try #require(try $0.file(of: matrix))
            },
            says: ": tensor '\(matrix)': has the shape [768, 256], and config.json demands [256, 768]", remedy: again),
        Fault(
            testDescription: "a header tells of bytes beyond the file",
            damage: {
                try $0.edit(matrix, "data_offsets") { $0.map { $0 + 1 << 40 } }
                return try #require(try $0.file(of: matrix))
            },
            says: ": tensor '\(matrix)': ends at byte 10995", remedy: again),
        Fault(
            testDescription: "a header gives two tensors the same bytes",
            damage: {
                try $0.edit(matrix, "data_offsets") { $0.map { $0 - 512 } }
                return try #require(try $0.file(of: matrix))
            },
            says: "overlaps tensor '", remedy: again),
        Fault(
            testDescription: "a header tells of fewer bytes than the shape needs",
            damage: {
                try $0.edit(matrix, "data_offsets") { [$0[0], $0[1] - 2] }
                return try #require(try $0.file(of: matrix))
            },
            says: ": tensor '\(matrix)': has 393214 bytes, and BF16 of shape [256, 768] needs 393216", remedy: again),
    ]

    @Test("a damaged checkpoint is refused; whole again, it is converted", arguments: faults)
    func damaged(fault: Fault) throws {
        for layout in fault.layouts {
            let copy = try CheckpointCopy(layout, in: model)
            let blamed = try fault.damage(copy)
            let before = try copy.contents()
            let result = try lab.convert(model: model, to: output)
            #expect(result.status == 4, "\(layout): \(result.output)")
            #expect(result.errors.hasPrefix("error: \(blamed.path)"), "\(layout): \(result.errors)")
            #expect(result.errors.contains(fault.says), "\(layout): \(result.errors)")
            #expect(result.errors.hasSuffix("\n  -> \(fault.remedy)\n"), "\(layout): \(result.errors)")
            #expect(files().isEmpty)
            #expect(try copy.contents() == before)

            _ = try CheckpointCopy(layout, in: model)
            let mended = try lab.convert(model: model, to: output)
            #expect(mended.status == 0, "\(layout): \(mended.errors)")
            #expect(files() == Self.whole)
            try FileManager.default.removeItem(at: output)
        }
    }

    @Test("a file that may not grow is exit 4 in the middle of the weights", arguments: CheckpointCopy.Layout.allCases)
    func limitedFileSize(layout: CheckpointCopy.Layout) throws {
        let copy = try CheckpointCopy(layout, in: model)
        let before = try copy.contents()
        // 2,000 blocks of 512 or 1,024 bytes, and the artifact has 2.5 MB.
        let result = try LabCommand.command(["sh", "-c", "ulimit -f 2000; \(conversion(to: output))"])
        #expect(result.status == 4, "\(result.output)")
        #expect(
            result.errors.contains(
                """
                error: \(output.path)/\(Self.artifact): cannot be written: File too large
                  -> Raise the limit on file sizes, or write somewhere else. Nothing was left under the final name.
                """), "\(result.errors)")
        #expect(files().isEmpty)
        #expect(try copy.contents() == before)
        #expect(try lab.convert(model: model, to: output).status == 0)
        #expect(files() == Self.whole)
    }

    @Test("a conversion that is killed amid the weights leaves no artifact, and the next one makes it")
    func killed() throws {
        for layout in CheckpointCopy.Layout.allCases {
            let copy = try CheckpointCopy(layout, in: model)
            let before = try copy.contents()
            #expect(try leftoversOfKilled(attempts: 10).allSatisfy { $0.hasSuffix(".partial") })
            #expect(try copy.contents() == before)
            let next = try lab.convert(model: model, to: output)
            #expect(next.status == 0, "\(layout): \(next.errors)")
            #expect(files() == Self.whole)
            try FileManager.default.removeItem(at: output)
        }
    }

    /// Kills a conversion once it has written some weights; returns the files that it left.
    private func leftoversOfKilled(attempts: Int) throws -> [String] {
        for _ in 0..<attempts {
            let running = try lab.start(convert: model, to: output, ["--threads", "1"])
            while running.isRunning, partialBytes() < 300_000 { usleep(200) }
            running.kill()
            if try running.wait().status == 9, !files().isEmpty, !files().contains(Self.artifact) { return files() }
            try FileManager.default.removeItem(at: output)
        }
        throw TooFast()
    }

    private struct TooFast: Error {}

    private func partialBytes() -> Int {
        files().filter { $0.hasSuffix(".partial") }.map { name in
            let path = output.appendingPathComponent(name).path
            return (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }.max() ?? 0
    }

    /// The command line of a conversion, for a shell.
    private func conversion(to output: URL) -> String {
        """
        LAB_CACHE='\(lab.folder.path)/cache' LAB_STORE='\(lab.store.path)' '\(LabCommand.quantizer.path)' \
            convert --model '\(model.path)' --output '\(output.path)'
        """
    }

    #if os(Linux)
        @Test(
            "a disk that is full before the manifest is written leaves no artifact; with more room, it is made",
            .enabled(
                if: InterruptionTests.canMount,
                "needs user namespaces: sysctl kernel.unprivileged_userns_clone=1, or run as root"),
            arguments: CheckpointCopy.Layout.allCases)
        func fullDisk(layout: CheckpointCopy.Layout) throws {
            let copy = try CheckpointCopy(layout, in: model)
            let before = try copy.contents()
            #expect(try lab.convert(model: model, to: output).status == 0)
            let bytes = try Data(contentsOf: output.appendingPathComponent(Self.artifact)).count
            let disk = lab.folder.appendingPathComponent("disk")
            try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
            let listings = ["first", "second"].map { lab.folder.appendingPathComponent($0) }
            // Whole pages for the artifact and one more: what was asked for fits, so that writing begins.
            let script = """
                mount -t tmpfs -o size=\((bytes + 4095) / 4096 * 4096 + 4096) tmpfs '\(disk.path)'
                \(conversion(to: disk))
                status=$?
                find '\(disk.path)' -type f > '\(listings[0].path)'
                mount -o remount,size=64m '\(disk.path)'
                \(conversion(to: disk)) && find '\(disk.path)' -type f | sort > '\(listings[1].path)'
                exit $status
                """
            let result = try LabCommand.command(["unshare", "-rm", "sh", "-c", script])
            #expect(result.status == 4, "\(result.output)")
            #expect(
                result.errors.contains(
                    """
                    error: \(disk.path)/manifest.json: cannot be written: No space left on device
                      -> Free some disk space, or write somewhere else. Nothing was left under the final name.
                    """), "\(result.errors)")
            #expect(try String(contentsOf: listings[0], encoding: .utf8).isEmpty)
            #expect(
                try String(contentsOf: listings[1], encoding: .utf8)
                    == Self.whole.map { "\(disk.path)/\($0)\n" }.joined())
            #expect(try copy.contents() == before)
        }
    #endif
}
