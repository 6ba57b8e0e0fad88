public import Foundation

/// Where the hub and its cache are, and how patient a download is.
///
/// The environment is that of Python's `huggingface_hub`: `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`,
/// `HF_TOKEN_PATH`, `HF_HUB_DISABLE_IMPLICIT_TOKEN`, `HF_HUB_OFFLINE` and `HF_HUB_DOWNLOAD_TIMEOUT`; proxies are
/// libcurl's: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`. `LAB_HUB_CONNECTIONS`, `LAB_HUB_PART_BYTES` and
/// `LAB_HUB_PAUSE_MS` change ``connections``, ``partBytes`` and ``firstPause``.
public struct HubSettings: Sendable {
    /// The hub's address, without a slash at the end. Default: "https://huggingface.co".
    public var endpoint: String
    /// The folder of the cache. Default: `~/.cache/huggingface/hub`.
    public var cache: URL
    /// The token; nil to ask as anybody.
    public var token: AccessToken?
    /// Whether nothing may be fetched.
    public var isOffline: Bool
    /// Connections at a time.
    public var connections = 8
    /// The bytes asked for in one request, of files that are larger.
    public var partBytes: Int64 = 32 << 20
    /// How long a connection may take to be made.
    public var connectTimeout: Duration = .seconds(10)
    /// How long a connection may send nothing.
    public var stallTimeout: Duration = .seconds(15)
    /// Failures in a row, none of them with a new byte, after which a file is given up.
    public var patience = 6
    /// How often a whole file may turn out to be other than stated.
    public var rejections = 2
    /// The pause after the first failure; it doubles with each further one, up to ``longestPause``.
    public var firstPause: Duration = .milliseconds(500)
    /// The longest pause, also when the hub asks for a longer one.
    public var longestPause: Duration = .seconds(60)

    /// The settings of an environment.
    ///
    /// - Parameter home: where `~` is. Default: the user's home.
    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        home: URL = FileManager.default.homeDirectoryForCurrentUser
    ) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func folder(_ name: String) -> URL? {
            value(name).map { path in
                path == "~" || path.hasPrefix("~/")
                    ? home.appendingPathComponent(String(path.dropFirst(2)), isDirectory: true)
                    : URL(fileURLWithPath: path, isDirectory: true)
            }
        }
        func isOn(_ name: String) -> Bool {
            ["1", "on", "yes", "true"].contains(value(name)?.lowercased() ?? "")
        }
        let stated = value("HF_ENDPOINT") ?? "https://huggingface.co"
        endpoint = stated.hasSuffix("/") ? String(stated.dropLast()) : stated
        let base =
            folder("HF_HOME")
            ?? (folder("XDG_CACHE_HOME") ?? home.appendingPathComponent(".cache", isDirectory: true))
            .appendingPathComponent("huggingface", isDirectory: true)
        cache = folder("HF_HUB_CACHE") ?? base.appendingPathComponent("hub", isDirectory: true)
        isOffline = isOn("HF_HUB_OFFLINE") || isOn("TRANSFORMERS_OFFLINE")
        if isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            token = nil
        } else {
            let file =
                folder("HF_TOKEN_PATH").map { URL(fileURLWithPath: $0.path) } ?? base.appendingPathComponent("token")
            token =
                AccessToken(value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN"))
                ?? AccessToken(try? String(contentsOf: file, encoding: .utf8))
        }
        if let seconds = value("HF_HUB_DOWNLOAD_TIMEOUT").flatMap(Int.init), seconds > 0 {
            stallTimeout = .seconds(seconds)
        }
        if let number = value("LAB_HUB_CONNECTIONS").flatMap(Int.init), (1...64).contains(number) {
            connections = number
        }
        if let bytes = value("LAB_HUB_PART_BYTES").flatMap(Int64.init), bytes >= 1 << 12 { partBytes = bytes }
        if let pause = value("LAB_HUB_PAUSE_MS").flatMap(Int.init), (0...60_000).contains(pause) {
            firstPause = .milliseconds(pause)
        }
    }

    /// The pause before another try, after so many failures in a row: random between half of it and all.
    func pause(afterFailures count: Int) -> Duration {
        let doubled = firstPause * (1 << min(max(count - 1, 0), 16))
        return min(doubled, longestPause) * Double.random(in: 0.5...1)
    }
}
