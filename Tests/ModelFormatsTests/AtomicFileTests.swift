import Foundation
import ModelFormats
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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

    @Test("a link stays a link, and the file it leads to is replaced or made", arguments: [true, false])
    func link(isThere: Bool) throws {
        let files = FileManager.default
        let inner = folder.url.appendingPathComponent("inner")
        try files.createDirectory(at: inner, withIntermediateDirectories: true)
        let target = inner.appendingPathComponent("a.txt")
        if isThere { try Data("old".utf8).write(to: target) }
        // One link is relative, the other is not.
        try files.createSymbolicLink(
            atPath: folder.url.appendingPathComponent("second").path, withDestinationPath: target.path)
        try files.createSymbolicLink(
            atPath: folder.url.appendingPathComponent("first").path, withDestinationPath: "second")
        let first = folder.url.appendingPathComponent("first")
        try AtomicFile.write(Data("new".utf8), to: first)
        #expect(try files.destinationOfSymbolicLink(atPath: first.path) == "second")
        #expect(try String(contentsOf: target, encoding: .utf8) == "new")
        #expect(try folder.contents == ["first", "inner", "second"])
        #expect(try files.contentsOfDirectory(atPath: inner.path) == ["a.txt"])
    }

    @Test("links that lead in a circle are an error")
    func circle() throws {
        for (name, target) in [("a", "b"), ("b", "a")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.appendingPathComponent(name).path, withDestinationPath: target)
        }
        let url = folder.url.appendingPathComponent("a")
        let error = #expect(throws: FormatError.self) { try AtomicFile.write(Data("x".utf8), to: url) }
        #expect(error?.file == url.path)
        #expect(try folder.contents == ["a", "b"])
    }

    @Test("a pipe gets the bytes and stays a pipe; what needs a regular file refuses it")
    func pipe() throws {
        let url = folder.url.appendingPathComponent("pipe")
        try #require(mkfifo(url.path, 0o600) == 0)
        let reader = open(url.path, O_RDONLY | O_NONBLOCK)
        try #require(reader >= 0)
        defer { close(reader) }
        try AtomicFile.write(Data("new".utf8), to: url)
        #expect(try FileHandle(fileDescriptor: reader, closeOnDealloc: false).readToEnd() == Data("new".utf8))
        let error = #expect(throws: FormatError.self) { try AtomicFile(replacing: url) }
        #expect(error?.code == .cannotWrite)
        var status = stat()
        #expect(lstat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(try folder.contents == ["pipe"])
    }

    #if os(Linux)
        @Test("a descriptor's own name is written to where the descriptor stands")
        func descriptor() throws {
            let log = try folder.file("log", "before ".utf8)
            let handle = try FileHandle(forWritingTo: log)
            try handle.seekToEnd()
            let name = URL(fileURLWithPath: "/proc/self/fd/\(handle.fileDescriptor)")
            try AtomicFile.write(Data("new ".utf8), to: name)
            try handle.write(contentsOf: Data("after".utf8))
            #expect(try String(contentsOf: log, encoding: .utf8) == "before new after")
        }
    #endif

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
