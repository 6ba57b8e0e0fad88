import Foundation

/// A request for bytes.
struct HTTPRequest {
    /// The absolute address.
    var address: String
    /// The bytes wanted; nil for all.
    var range: Range<Int64>?
    /// Who asks; nil where that is nobody's business.
    var token: AccessToken?
}

/// The status and the header fields of an answer.
struct HTTPHead {
    /// The status.
    let status: Int
    private var fields: [String: String] = [:]

    init(status: Int) { self.status = status }

    /// The value of a field, by its name in small letters.
    subscript(_ name: String) -> String? { fields[name] }

    /// The size that the answer's own bytes have.
    var contentLength: Int64? { fields["content-length"].flatMap { Int64($0) } }

    /// The seconds to wait, of `Retry-After`; a date is read too.
    var retryAfter: Duration? {
        guard let text = fields["retry-after"] else { return nil }
        if let seconds = Double(text), seconds >= 0, seconds < 1e6 { return .seconds(seconds) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { .seconds(max(0, min(1e6, $0.timeIntervalSinceNow))) }
    }

    /// The bytes of a part and the size of the whole, of `Content-Range`: "bytes 0-9/100".
    var contentRange: (bytes: Range<Int64>, total: Int64?)? {
        guard let text = fields["content-range"], let match = text.wholeMatch(of: /bytes\s+(\d+)-(\d+)\/(\d+|\*)/),
            let first = Int64(match.1), let last = Int64(match.2), last >= first, last < .max
        else { return nil }
        return (first..<last + 1, Int64(match.3))
    }

    /// The digest that the hub states: of the file behind a redirection, or of the answer.
    var statedTag: String? {
        guard let text = fields["x-linked-etag"] ?? fields["etag"] else { return nil }
        let tag = text.hasPrefix("W/") ? text.dropFirst(2) : Substring(text)
        return tag.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }

    mutating func add(line: Substring) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let name = line[..<colon].lowercased()
        fields[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
}

/// The host that an address leads to, for the question who may see a token.
struct HTTPOrigin: Hashable {
    let scheme: String
    let host: String
    let port: Int

    init?(_ address: String) {
        guard let parts = URLComponents(string: address), let scheme = parts.scheme?.lowercased(),
            let host = parts.host?.lowercased(), !host.isEmpty, ["http", "https"].contains(scheme)
        else { return nil }
        self.scheme = scheme
        self.host = host
        port = parts.port ?? (scheme == "https" ? 443 : 80)
    }
}
