import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a name that a user gives for a file leads to.
enum OutputPlace {
    /// A regular file, or none yet, under its own name: links are followed, and stay.
    case file(String)
    /// A pipe, a device or a socket: what is written into and never replaced.
    case stream(String)
    /// One of this process's own descriptors, as "/dev/stdout" is.
    case descriptor(Int32)

    /// As many links as systems follow.
    private static let linkLimit = 40

    /// Throws ``FormatError`` for links that lead in a circle.
    init(of path: String) throws {
        var place = path
        for _ in 0..<Self.linkLimit {
            if let number = Self.descriptor(named: place) {
                self = .descriptor(number)
                return
            }
            guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else {
                self = Self.isStream(place) ? .stream(place) : .file(place)
                return
            }
            let folder = URL(fileURLWithPath: place).deletingLastPathComponent().path
            place = link.hasPrefix("/") ? link : "\(folder)/\(link)"
        }
        throw FormatError(
            .cannotWrite, file: path, "cannot be written: \(String(cString: strerror(ELOOP)))",
            remedy: "Name the file itself.")
    }

    /// Writes into a stream; does nothing for a file.
    func write(_ data: Data, file: URL) throws {
        let descriptor: Int32
        switch self {
        case .file: return
        case .stream(let path): descriptor = open(path, O_WRONLY | O_CLOEXEC)
        case .descriptor(let number):
            // What was printed before comes first.
            fflush(nil)
            descriptor = dup(number)
        }
        guard descriptor >= 0 else { throw Self.failure(file) }
        defer { close(descriptor) }
        guard data.withUnsafeBytes({ writeAll($0, to: descriptor) }) else { throw Self.failure(file) }
    }

    private static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        return kind != S_IFREG && kind != S_IFDIR
    }

    private static func descriptor(named path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return 1
        case "/dev/stderr": return 2
        default:
            let folder = ["/dev/fd/", "/proc/self/fd/"].first { path.hasPrefix($0) }
            return folder.flatMap { Int32(path.dropFirst($0.count)) }
        }
    }

    private static func failure(_ file: URL) -> FormatError {
        let error = lastSystemError()
        return FormatError(
            .cannotWrite, file: file.path, "cannot be written: \(error.text)", remedy: remedyForWriting(error.number))
    }
}

/// Whether all bytes were written; else `errno` says why not.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let written = write(
            descriptor, bytes.baseAddress.map { $0 + done }, min(bytes.count - done, maximumTransferBytes))
        if written > 0 {
            done += written
        } else if written == 0 || errno != EINTR {
            return false
        }
    }
    return true
}
