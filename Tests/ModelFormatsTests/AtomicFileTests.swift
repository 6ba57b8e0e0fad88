import Foundation
import ModelFormats
import TestSupport
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a committed file replaces the one before it and leaves nothing else")
    func commit() throws {
        let url = try folder.file("a.txt", "old".utf8)
        try AtomicFile.write(Data("new".utf8), to: url)
        #expect(try Data(contentsOf: url) == Data("new".utf8))
        #expect(try folder.contents == ["a.txt"])
    }

    @Test("a file that is dropped before its commit leaves the one before it")
    func dropped() throws {
        let url = try folder.file("a.txt", "old".utf8)
        do {
            let file = try AtomicFile(replacing: url)
            try Data("new".utf8).withUnsafeBytes { try file.write($0, at: 0) }
            #expect(try folder.contents.count == 2)
        }
        #expect(try Data(contentsOf: url) == Data("old".utf8))
        #expect(try folder.contents == ["a.txt"])
    }

    @Test("a directory that does not exist is an error that names the file")
    func noDirectory() {
        let url = folder.url.appendingPathComponent("none/a.txt")
        let error = #expect(throws: FormatError.self) { try AtomicFile(replacing: url) }
        #expect(error?.code == .cannotWrite)
        #expect(error?.file == url.path)
        #expect(error?.remedy == "Create the directory first.")
    }

    @Test("a name that a directory has is an error, and nothing is left")
    func takenByDirectory() throws {
        let url = folder.url.appendingPathComponent("taken")
        try FileManager.default.createDirectory(
            at: url.appendingPathComponent("inner"), withIntermediateDirectories: true)
        #expect(throws: FormatError.self) { try AtomicFile.write(Data("x".utf8), to: url) }
        #expect(try folder.contents == ["taken"])
    }

    @Test(
        "a full disk is an error that says so, and nothing is left",
        .enabled(if: SmallDisk.isAvailable, "\(SmallDisk.why)"))
    func fullDisk() throws {
        let disk = try SmallDisk(sizeBytes: 65_536)
        let url = disk.url.appendingPathComponent("a.bin")
        let error = #expect(throws: FormatError.self) { try AtomicFile.write(Data(count: 1 << 20), to: url) }
        #expect(error?.code == .cannotWrite)
        #expect(error?.description == "\(url.path): cannot be written: No space left on device")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path).isEmpty)
    }

    @Test(
        "too little space for a GGUF file is told before its data",
        .enabled(if: SmallDisk.isAvailable, "\(SmallDisk.why)"))
    func tooLittleSpace() throws {
        let disk = try SmallDisk(sizeBytes: 65_536)
        let layout = try GGUFLayout(
            metadata: GGUFMetadata(), tensors: [.init(name: "t", type: .f32, dimensions: [100_000])])
        let url = disk.url.appendingPathComponent("m.gguf")
        let error = #expect(throws: FormatError.self) { try GGUFWriter(url, layout: layout) }
        #expect(error?.description.contains("needs \(layout.fileBytes) bytes, and the disk has 65536 left") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path).isEmpty)
    }
}
