public import Foundation

/// A ZIP archive, as far as data sets come in them: stored or deflated entries below 4 GB.
public struct ZipArchive {
    private let bytes: [UInt8]
    private let file: String

    /// Reads an archive.
    ///
    /// Throws ``HubError`` where the file cannot be read.
    public init(_ url: URL) throws {
        do {
            bytes = [UInt8](try Data(contentsOf: url))
        } catch {
            throw HubError(.disk, "\(url.path) cannot be read: \(error.localizedDescription)")
        }
        file = url.path
    }

    /// The bytes of an entry.
    ///
    /// Throws ``HubError`` for a damaged archive, and where it has no such entry.
    public func entry(_ name: String) throws -> [UInt8] {
        guard let end = directoryEnd else { throw damaged("it is no ZIP archive") }
        var place = end.start
        for _ in 0..<end.count {
            guard number(at: place, 4) == 0x0201_4B50, let nameBytes = number(at: place + 28, 2),
                let extraBytes = number(at: place + 30, 2), let commentBytes = number(at: place + 32, 2),
                let title = slice(place + 46, nameBytes)
            else { throw damaged("its directory is damaged") }
            if String(decoding: title, as: UTF8.self) == name { return try content(of: name, at: place) }
            place += 46 + nameBytes + extraBytes + commentBytes
        }
        throw HubError(.missing, "\(file) has no entry \(name)")
    }

    private func content(of name: String, at place: Int) throws -> [UInt8] {
        guard let method = number(at: place + 10, 2), let packed = number(at: place + 20, 4),
            let unpacked = number(at: place + 24, 4), let header = number(at: place + 42, 4),
            number(at: header, 4) == 0x0403_4B50, let nameBytes = number(at: header + 26, 2),
            let extraBytes = number(at: header + 28, 2), let data = slice(header + 30 + nameBytes + extraBytes, packed)
        else { throw damaged("its entry \(name) is damaged") }
        switch method {
        case 0: return Array(data)
        case 8:
            guard unpacked <= 1 << 30, let result = Inflate.unpack(data, expectedBytes: unpacked) else {
                throw damaged("its entry \(name) is damaged")
            }
            return result
        default: throw damaged("its entry \(name) is packed in an unknown way")
        }
    }

    /// The record at the end: where the directory starts, and how many entries it has.
    private var directoryEnd: (start: Int, count: Int)? {
        // A comment of at most 64 KB may follow it.
        for place in stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 0xFFFF), by: -1)
        where number(at: place, 4) == 0x0605_4B50 {
            guard let count = number(at: place + 10, 2), let start = number(at: place + 16, 4) else { return nil }
            return (start, count)
        }
        return nil
    }

    private func slice(_ place: Int, _ count: Int) -> ArraySlice<UInt8>? {
        guard place >= 0, count >= 0, place <= bytes.count, count <= bytes.count - place else { return nil }
        return bytes[place..<place + count]
    }

    private func number(at place: Int, _ count: Int) -> Int? {
        slice(place, count)?.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private func damaged(_ what: String) -> HubError {
        HubError(.corrupt, "\(file) cannot be unpacked: \(what)", remedy: "remove it, and it is fetched again")
    }
}
