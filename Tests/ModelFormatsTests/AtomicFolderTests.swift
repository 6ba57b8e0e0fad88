import Foundation
import ModelFormats
import TestSupport
import Testing

@Suite("Atomic folders")
struct AtomicFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var place: URL { folder.url.appendingPathComponent("model") }

    private func put(_ text: String, _ name: String, in directory: URL) throws {
        try AtomicFile.write(Data(text.utf8), to: directory.appendingPathComponent(name))
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    }

    @Test("a committed folder appears whole, and replaces one with other files and folders in it")
    func commit() throws {
        let first = try AtomicFolder(replacing: place)
        try put("a", "a.txt", in: first.temporary)
        #expect(!FileManager.default.fileExists(atPath: place.path))
        try first.commit()
        #expect(try names() == ["a.txt"])
        try FileManager.default.createDirectory(
            at: place.appendingPathComponent("inner"), withIntermediateDirectories: false)

        let second = try AtomicFolder(replacing: place)
        try put("b", "b.txt", in: second.temporary)
        #expect(try names() == ["a.txt", "inner"])
        try second.commit()
        #expect(try names() == ["b.txt"])
        #expect(try folder.contents == ["model"])
    }

    @Test("a folder that is dropped before its commit leaves the one before it")
    func dropped() throws {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        do {
            let dropped = try AtomicFolder(replacing: place)
            try put("a", "a.txt", in: dropped.temporary)
            #expect(try folder.contents.count == 2)
        }
        #expect(try folder.contents == ["model"])
        #expect(try names().isEmpty)
    }

    @Test("a directory that does not exist is an error that names the folder")
    func noDirectory() {
        let url = folder.url.appendingPathComponent("none/model")
        let error = #expect(throws: FormatError.self) { try AtomicFolder(replacing: url) }
        #expect(error?.file == url.path)
        #expect(error?.remedy == "Create the directory first.")
    }

    @Test("a file of that name is an error, and both it and nothing else are left")
    func takenByFile() throws {
        try folder.file("model", "mine".utf8)
        let error = #expect(throws: FormatError.self) { try AtomicFolder(replacing: place) }
        #expect(error?.file == place.path)
        #expect(try folder.contents == ["model"])
        #expect(try Data(contentsOf: place) == Data("mine".utf8))
    }

    @Test("a link in the folder's place is refused before anything is written, and stays")
    func link() throws {
        let other = folder.url.appendingPathComponent("elsewhere")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(at: place, withDestinationURL: other)
        let error = #expect(throws: FormatError.self) { try AtomicFolder(replacing: place) }
        #expect(error?.file == place.path)
        #expect(try folder.contents == ["elsewhere", "model"])
    }

    @Test("leftovers are removed, and a folder moved aside for one that never came gets its name back")
    func leftovers() throws {
        let names = [".model.1-a.partial", ".model.2-b.partial.old.partial", ".other.3-c.partial.old.partial", "other"]
        for name in names {
            let directory = folder.url.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            try put(name, "says.txt", in: directory)
        }
        try folder.file(".model.gguf.4-d.partial", [1])
        try folder.file(".partially", [1])
        AtomicFolder.removeLeftovers(in: folder.url)
        #expect(try folder.contents == [".partially", "model", "other"])
        let restored = try String(contentsOf: place.appendingPathComponent("says.txt"), encoding: .utf8)
        #expect(restored == ".model.2-b.partial.old.partial")
    }
}
