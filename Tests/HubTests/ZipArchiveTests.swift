import Foundation
import Hub
import TestSupport
import Testing

/// Archives are packed by Python's `zipfile`, an independent tool.
@Suite struct ZipArchiveTests {
    /// Packs texts with each way of packing there is: stored, the fixed code (short texts), codes of their own.
    private static func pack(_ entries: [(name: String, bytes: Data)], level: Int, to url: URL) throws {
        let folder = try TemporaryFolder()
        for (index, entry) in entries.enumerated() { try folder.file("\(index)", entry.bytes) }
        let script = """
            import sys, zipfile
            level, out, folder, *names = sys.argv[1:]
            kind = zipfile.ZIP_STORED if level == "0" else zipfile.ZIP_DEFLATED
            with zipfile.ZipFile(out, "w", kind, compresslevel=int(level)) as archive:
                for index, name in enumerate(names):
                    archive.write(f"{folder}/{index}", name)
                archive.comment = b"a comment at the end"
            """
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments =
            [ProcessInfo.processInfo.environment["LAB_PYTHON"] ?? "python3", "-c", script]
            + ["\(level)", url.path, folder.url.path] + entries.map(\.name)
        try python.run()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0)
    }

    private static let entries: [(name: String, bytes: Data)] = [
        ("empty", Data()), ("short", Data("abc".utf8)),
        ("folder/repeated.txt", Data(String(repeating: "the same words again, ", count: 30_000).utf8)),
        (
            "numbers.txt",
            Data((0..<60_000).map { "\($0 &* 2_654_435_761 % 1_000_003)\n" }.joined().utf8)
        ),
        ("noise", Data((0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* $0 &* 31 &+ $0) >> 7) })),
    ]

    @Test(arguments: [0, 1, 6, 9])
    func everyEntryComesOutAsItWentIn(_ level: Int) throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("a.zip")
        try Self.pack(Self.entries, level: level, to: url)

        let archive = try ZipArchive(url)

        for entry in Self.entries { #expect(try Data(archive.entry(entry.name)) == entry.bytes, "\(entry.name)") }
    }

    @Test func anEntryThatIsNotThereIsMissing() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("a.zip")
        try Self.pack(Self.entries, level: 6, to: url)
        let error = try #require(throws: HubError.self) { try ZipArchive(url).entry("nothing") }
        #expect(error.code == .missing)
    }

    @Test func damagedArchivesAreErrorsAndNoCrash() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("a.zip")
        try Self.pack([("numbers.txt", Self.entries[3].bytes.prefix(4000))], level: 9, to: url)
        let whole = try Data(contentsOf: url)
        var different = 0
        for position in stride(from: 0, to: whole.count, by: 7) {
            var damaged = whole
            damaged[position] ^= 0x55
            let file = try folder.file("damaged-\(position).zip", damaged)
            let result = try? ZipArchive(file).entry("numbers.txt")
            if result.map({ Data($0) }) != Self.entries[3].bytes.prefix(4000) { different += 1 }
        }
        #expect(different > 100)
        for count in [0, 1, 21, 22, whole.count / 2] {
            let file = try folder.file("cut-\(count).zip", whole.prefix(count))
            #expect(throws: HubError.self) { try ZipArchive(file).entry("numbers.txt") }
        }
    }
}
