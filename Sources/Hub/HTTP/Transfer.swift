import CCurl
import Foundation

/// One request on the wire: libcurl's easy handle and what becomes of the answer.
///
/// Used on the thread of its loop alone.
final class Transfer {
    /// What happened to a transfer.
    enum End {
        /// The answer came whole, as far as HTTP can tell.
        case whole
        /// The receiver wanted no more.
        case stopped
        /// The connection failed; the text is libcurl's.
        case failed(String, isFinal: Bool)
    }

    /// Takes the head, once, before the first byte; false ends the transfer.
    var onHead: (HTTPHead) -> Bool = { _ in true }
    /// Takes bytes; false ends the transfer.
    var onBytes: (UnsafeRawBufferPointer) -> Bool = { _ in true }
    /// Told once, last.
    var onEnd: (End) -> Void = { _ in }

    /// The answer's head, as soon as it is there.
    private(set) var head: HTTPHead?
    let easy: UnsafeMutableRawPointer
    private var list: UnsafeMutablePointer<curl_slist>?
    private var isHeadTold = false
    private var isStopped = false
    /// Where libcurl writes why a transfer failed, for as long as it has the handle.
    private let reason: UnsafeMutablePointer<CChar>

    /// - Throws: ``HubError`` where libcurl cannot begin.
    init(_ request: HTTPRequest, settings: HubSettings) throws {
        _ = Self.isReady
        guard let easy = curl_easy_init() else { throw HubError(.unreachable, "libcurl cannot be started") }
        self.easy = easy
        reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        func set(_ option: CURLoption, _ value: Int) { _ = lab_curl_set_long(easy, option, value) }
        set(CURLOPT_NOSIGNAL, 1)
        // Redirections are followed by whoever knows which host may see the token.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds)
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, max(1, settings.stallTimeout.milliseconds / 1000))
        set(CURLOPT_BUFFERSIZE, 1 << 19)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // Parts of a file go over connections of their own: one that is slow holds up nothing else.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        _ = lab_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = lab_curl_set_text(easy, CURLOPT_USERAGENT, "llama-pajamas-lab")
        _ = lab_curl_set_text(easy, CURLOPT_URL, request.address)
        if let range = request.range {
            _ = lab_curl_set_text(easy, CURLOPT_RANGE, "\(range.lowerBound)-\(range.upperBound - 1)")
        }
        if let token = request.token { list = curl_slist_append(list, "Authorization: Bearer \(token.secret)") }
        _ = lab_curl_set_list(easy, CURLOPT_HTTPHEADER, list)
        _ = lab_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, reason)
        let own = Unmanaged.passUnretained(self).toOpaque()
        _ = lab_curl_set_receiver(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            Transfer.of(context).take(line: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        _ = lab_curl_set_pointer(easy, CURLOPT_HEADERDATA, own)
        _ = lab_curl_set_receiver(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let isTaken = Transfer.of(context).take(UnsafeRawBufferPointer(start: bytes, count: size * count))
            // Any other number than that of the bytes ends the transfer.
            return isTaken ? size * count : (size * count == 0 ? 1 : 0)
        }
        _ = lab_curl_set_pointer(easy, CURLOPT_WRITEDATA, own)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(list)
        reason.deallocate()
    }

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private static func of(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func take(line bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
        if line.hasPrefix("HTTP/") {
            // A new answer: what came before was a proxy's, or said only to go on.
            head = HTTPHead(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
        } else {
            head?.add(line: Substring(line))
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard tellHead(), onBytes(bytes) else {
            isStopped = true
            return false
        }
        return true
    }

    private func tellHead() -> Bool {
        guard !isHeadTold else { return true }
        isHeadTold = true
        guard let head else { return false }
        return onHead(head)
    }

    /// Called by the loop, after the handle has left it.
    func end(_ code: CURLcode) {
        if isStopped { return onEnd(.stopped) }
        guard code == CURLE_OK else {
            let text = String(cString: reason)
            let words = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
            return onEnd(.failed(words, isFinal: Self.finalCodes.contains(code.rawValue)))
        }
        onEnd(tellHead() ? .whole : .stopped)
    }

    /// Lets go of what its closures hold.
    func forget() {
        onHead = { _ in false }
        onBytes = { _ in false }
        onEnd = { _ in }
    }

    /// Failures that another try does not mend.
    private static let finalCodes: Set<UInt32> = [
        CURLE_UNSUPPORTED_PROTOCOL.rawValue, CURLE_URL_MALFORMAT.rawValue, CURLE_PEER_FAILED_VERIFICATION.rawValue,
        CURLE_SSL_CACERT_BADFILE.rawValue, CURLE_SSL_CERTPROBLEM.rawValue, CURLE_OUT_OF_MEMORY.rawValue,
    ]
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int { Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000) }
}
