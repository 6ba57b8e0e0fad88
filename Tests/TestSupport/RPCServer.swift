public import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The engine's RPC server on this machine: a second device, apart from the process that uses it.
public final class RPCServer {
    private let process = Process()
    /// "127.0.0.1:PORT".
    public let endpoint: String

    /// Starts a server on a free port and waits until it listens.
    ///
    /// - Parameter memoryKilobytes: the address space that it may take, as `ulimit -v` has it; nil for no limit.
    public init(memoryKilobytes: Int? = nil) throws {
        let program = try Self.program()
        let port = try Self.freePort()
        endpoint = "127.0.0.1:\(port)"
        let limit = memoryKilobytes.map { "ulimit -v \($0); " } ?? ""
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\(limit)exec \"$0\" -H 127.0.0.1 -p \(port) -t 2", program.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<400 where process.isRunning {
            // One connection that succeeds is enough: the server lets one wait, and a second may wait for minutes.
            if Self.isListening(port) { return }
            usleep(50_000)
        }
        throw CocoaError(.executableLoad)
    }

    deinit { kill() }

    /// Ends it at once, as a machine that fails would.
    public func kill() {
        guard process.isRunning else { return }
        #if canImport(Glibc)
            Glibc.kill(process.processIdentifier, SIGKILL)
        #else
            Darwin.kill(process.processIdentifier, SIGKILL)
        #endif
        process.waitUntilExit()
    }

    /// `bin/ggml-rpc-server` of the engine that the package is built with.
    private static func program() throws -> URL {
        let prefix = ProcessInfo.processInfo.environment["LAB_ENGINE_PREFIX"].map { URL(fileURLWithPath: $0) }
        guard let prefix else { throw CocoaError(.fileNoSuchFile) }
        return prefix.appendingPathComponent("bin/ggml-rpc-server")
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func withSocket<Result>(
        _ port: UInt16, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Result
    )
        -> Result
    {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func isListening(_ port: UInt16) -> Bool { withSocket(port) { connect($0, $1, $2) == 0 } }

    /// A port that nothing listens on now.
    public static func freePort() throws -> UInt16 {
        let port = withSocket(0) { descriptor, address, size -> UInt16? in
            guard bind(descriptor, address, size) == 0 else { return nil }
            var bound = sockaddr_in()
            var length = size
            let status = withUnsafeMutablePointer(to: &bound) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return status == 0 ? UInt16(bigEndian: bound.sin_port) : nil
        }
        guard let port else { throw CocoaError(.executableRuntimeMismatch) }
        return port
    }
}
