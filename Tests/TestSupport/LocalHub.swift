public import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A model hub on this machine, which misbehaves on request: `fixtures/hub/server.py` on Python 3.
///
/// Its repositories are the folders `OWNER/NAME` of ``root``.
public final class LocalHub {
    /// What the server was asked for.
    public struct Request: Decodable, Sendable {
        /// The path with the query.
        public let path: String
        /// Whether it went to the content network, another host.
        public let content: Bool
        /// The header field with the token; nil where none came.
        public let token: String?
        /// The header field with the range.
        public let range: String?
        /// Bytes of files that were sent.
        public let sent: Int
    }

    /// Why there is no server.
    public struct Failure: Error, CustomStringConvertible {
        /// The words for it.
        public let description: String
    }

    /// The address of the hub.
    public let endpoint: String
    /// The folder of the repositories.
    public let root: URL
    private let process = Process()
    private let input = Pipe()

    /// Starts a server.
    ///
    /// - Parameter arguments: more words for its command line, such as `--gated OWNER/NAME=TOKEN`.
    public init(root: URL, _ arguments: [String] = []) throws {
        self.root = root
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("fixtures/hub/server.py")
        let python = ProcessInfo.processInfo.environment["LAB_PYTHON"] ?? "python3"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, script.path, "--root", root.path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        // The server prints its ports as soon as it listens.
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = line.split(separator: " ").first.flatMap({ Int($0) }) else {
            throw Failure(description: "the local hub did not start: Python 3 is needed, as python3 or LAB_PYTHON")
        }
        endpoint = "http://127.0.0.1:\(port)"
    }

    deinit {
        // Not SIGTERM: a child has the signals blocked that the thread has it was started on.
        #if canImport(Glibc)
            Glibc.kill(process.processIdentifier, SIGKILL)
        #else
            Darwin.kill(process.processIdentifier, SIGKILL)
        #endif
        process.waitUntilExit()
    }

    /// Sets how the server misbehaves from now on, as the script's `Faults` names it; nothing for not at all.
    public func misbehave(_ faults: [String: String] = [:]) throws {
        let query = faults.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        _ = try get("/__control?\(query)")
    }

    /// What was asked for since the last time.
    public func requests() throws -> [Request] {
        try get("/__log").split(separator: "\n").map {
            try JSONDecoder().decode(Request.self, from: Data($0.utf8))
        }
    }

    /// Writes a file of a repository.
    public func write(_ bytes: Data, to path: String) throws {
        let url = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url)
    }

    /// A plain request over a socket of its own, so that nothing of the code under test is used.
    private func get(_ path: String) throws -> String {
        let client = Process()
        let output = Pipe()
        let python = ProcessInfo.processInfo.environment["LAB_PYTHON"] ?? "python3"
        client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        client.arguments = [
            python, "-c",
            "import sys, urllib.request as r; "
                + "o = r.build_opener(r.ProxyHandler({})); sys.stdout.buffer.write(o.open(sys.argv[1]).read())",
            endpoint + path,
        ]
        client.standardOutput = output
        try client.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        guard client.terminationStatus == 0 else { throw Failure(description: "the local hub does not answer \(path)") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
