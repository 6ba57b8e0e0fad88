public import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder that appears under its name only when it is whole.
///
/// Files go to a temporary folder beside it; ``commit()`` syncs and renames it. A folder that is not committed,
/// whatever the reason, is removed.
public final class AtomicFolder {
    /// The final place of the folder.
    public let url: URL
    /// Where the files go until then.
    public let temporary: URL
    private var isPresent = true

    /// Makes the temporary folder.
    ///
    /// Throws ``FormatError`` when the directory around it is absent or not writable.
    public init(replacing url: URL) throws {
        self.url = url
        var status = stat()
        if lstat(url.path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            isPresent = false
            temporary = url
            throw FormatError(
                .cannotWrite, file: url.path, "is no folder, and one is to take its place",
                remedy: "Move the file or link away.")
        }
        let unique = "\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
        temporary = url.deletingLastPathComponent()
            .appendingPathComponent(".\(url.lastPathComponent).\(unique).partial", isDirectory: true)
        guard mkdir(temporary.path, 0o755) == 0 else {
            let error = lastSystemError()
            isPresent = false
            throw FormatError(
                .cannotWrite, file: url.path, "cannot be created: \(error.text)",
                remedy: remedyForWriting(error.number))
        }
    }

    deinit { discard() }

    /// Gives the folder its final name, replacing what had it; every file in it has been synced.
    ///
    /// An earlier folder is whole under the name until the new one is. Where the file system cannot exchange two
    /// folders, nothing has the name for a moment.
    public func commit() throws {
        sync(temporary)
        if rename(temporary.path, url.path) != 0 {
            // A folder with files in it is in the way.
            guard [ENOTEMPTY, EEXIST].contains(errno) else { throw failure() }
            if exchange(temporary.path, url.path) {
                removeTemporary()
            } else {
                try moveAside()
            }
        }
        isPresent = false
        sync(url.deletingLastPathComponent())
    }

    /// Removes the temporary folder; does nothing after ``commit()``.
    public func discard() {
        guard isPresent else { return }
        isPresent = false
        removeTemporary()
    }

    /// Removes what killed processes left of files and folders in a directory, and gives a folder that was moved aside
    /// for one that never came its name back.
    ///
    /// Only where nobody writes to the directory.
    public static func removeLeftovers(in directory: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        for name in names where name.hasPrefix(".") && name.hasSuffix(".partial") {
            let leftover = directory.appendingPathComponent(name)
            if name.hasSuffix(asideEnding) {
                // ".NAME.UNIQUE.partial.old.partial"; rename fails where the name is taken.
                let own = name.dropFirst().dropLast(asideEnding.count + ".partial".count)
                let final = own.lastIndex(of: ".").map { String(own[..<$0]) } ?? String(own)
                if rename(leftover.path, directory.appendingPathComponent(final).path) == 0 { continue }
            }
            try? FileManager.default.removeItem(at: leftover)
        }
    }

    private static let asideEnding = ".old.partial"

    private func moveAside() throws {
        let old = temporary.path + Self.asideEnding
        guard rename(url.path, old) == 0 else { throw failure() }
        guard rename(temporary.path, url.path) == 0 else {
            let failure = failure()
            rename(old, url.path)
            throw failure
        }
        try? FileManager.default.removeItem(atPath: old)
    }

    private func removeTemporary() { try? FileManager.default.removeItem(at: temporary) }

    private func failure() -> FormatError {
        let error = lastSystemError()
        return FormatError(
            .cannotWrite, file: url.path, "cannot be written: \(error.text)", remedy: remedyForWriting(error.number))
    }

    /// A rename lasts only once the directory is synced; a file system without that is no failure.
    private func sync(_ directory: URL) {
        let descriptor = open(directory.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// Gives each of two folders the other's name, in one step; false where the system or the file system cannot.
private func exchange(_ one: String, _ other: String) -> Bool {
    #if canImport(Darwin)
        return renamex_np(one, other, UInt32(RENAME_SWAP)) == 0
    #else
        // Swift's view of the C library leaves this function out.
        typealias Function =
            @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt
        guard let symbol = dlsym(nil, "renameat2") else { return false }
        let renameExchange: CUnsignedInt = 2
        return unsafeBitCast(symbol, to: Function.self)(AT_FDCWD, one, AT_FDCWD, other, renameExchange) == 0
    #endif
}
