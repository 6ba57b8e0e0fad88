public import Foundation

/// A file system in memory that is soon full.
///
/// Mounting one takes root on Linux.
public final class SmallDisk {
    /// Where it is mounted.
    public let url: URL

    /// What a test that needs one says where there is none.
    public static let why = "needs Linux and root, to mount a small tmpfs: run the tests as root in a container"

    /// Whether one can be mounted here.
    public static let isAvailable: Bool = {
        guard FileManager.default.fileExists(atPath: "/bin/mount"), let disk = try? SmallDisk(sizeBytes: 65_536) else {
            return false
        }
        return FileManager.default.isWritableFile(atPath: disk.url.path)
    }()

    /// Mounts one.
    public init(sizeBytes: Int) throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("lab-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        do {
            try Self.run("/bin/mount", "-t", "tmpfs", "-o", "size=\(sizeBytes)", "tmpfs", url.path)
        } catch {
            try? FileManager.default.removeItem(at: url)
            throw error
        }
    }

    deinit {
        try? Self.run("/bin/umount", url.path)
        try? FileManager.default.removeItem(at: url)
    }

    private static func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
    }
}
