import Foundation

/// What an answer's head means for a request to a hub.
enum HubAnswer {
    /// The bytes follow, all of them or a part.
    case content
    /// They are somewhere else.
    case elsewhere(String)
    /// Another try may succeed, after the pause that the server asks for.
    case later(String, pause: Duration?)
    /// No try will.
    case final(HubError)
}

/// A request to a hub, as far as it matters for reading the answer.
struct HubQuestion {
    /// The repository concerned; nil for a file that is elsewhere.
    var reference: RepositoryReference?
    /// What is asked for, for messages: "config.json of Qwen/Qwen3-8B".
    var subject: String
    /// The hub.
    var settings: HubSettings

    /// Whether an address is the hub's own, which alone may see the token.
    func isHub(_ address: String) -> Bool {
        HTTPOrigin(address) != nil && HTTPOrigin(address) == HTTPOrigin(settings.endpoint)
    }

    /// The request for an address: with the token to the hub, and to no other host.
    func request(_ address: String, range: Range<Int64>? = nil) -> HTTPRequest {
        HTTPRequest(address: address, range: range, token: isHub(address) ? settings.token : nil)
    }

    /// Reads the head of the answer from an address.
    func answer(_ head: HTTPHead, from address: String) -> HubAnswer {
        switch head.status {
        case 200, 206: return .content
        case 301, 302, 303, 307, 308:
            guard let place = head["location"], let base = URL(string: address),
                let url = URL(string: place, relativeTo: base)?.absoluteURL
            else { return .final(HubError(.malformed, "\(subject): the hub leads elsewhere and does not say where")) }
            guard HTTPOrigin(url.absoluteString) != nil,
                url.scheme?.lowercased() == "https" || HTTPOrigin(address)?.scheme == "http"
            else { return .final(HubError(.malformed, "\(subject): the hub leads to \(url.scheme ?? "nowhere"):")) }
            return .elsewhere(url.absoluteString)
        case 408, 416, 425, 429, 500...599:
            let words = Self.words[head.status].map { " (\($0))" } ?? ""
            return .later("status \(head.status)\(words)", pause: head.retryAfter)
        // Whoever serves the bytes knows no tokens: the address has expired.
        case 401 where !isHub(address), 403 where !isHub(address):
            return .later("status \(head.status) from \(HTTPOrigin(address)?.host ?? "another host")", pause: nil)
        default: return .final(refusal(head))
        }
    }

    private static let words = [
        416: "no such range", 429: "too many requests", 500: "internal error", 502: "bad gateway",
        503: "unavailable", 504: "gateway timeout",
    ]

    private func refusal(_ head: HTTPHead) -> HubError {
        let page = reference.map { settings.endpoint + ($0.kind == .dataset ? "/datasets/" : "/") + $0.id } ?? ""
        let said = head["x-error-message"].map { " (\($0))" } ?? ""
        let name = reference?.id ?? subject
        switch (head["x-error-code"], head.status) {
        case ("GatedRepo", _):
            return HubError(
                .refused, "\(name) is gated: its owner lets in those who accept its terms\(said)",
                remedy: settings.token == nil
                    ? "accept them at \(page), then set HF_TOKEN, or log in with: hf auth login"
                    : "accept them at \(page) with the account that the token in use belongs to")
        case ("RevisionNotFound", _):
            return HubError(
                .missing, "\(name) has no revision '\(reference?.revision ?? "")'",
                remedy: "choose a branch, a tag or a commit from \(page)/tree/main")
        case ("EntryNotFound", _): return HubError(.missing, "the hub does not have \(subject)")
        case ("RepoNotFound", _):
            return HubError(
                .missing,
                "there is no \(reference?.kind.rawValue ?? "repository") \(name) at \(settings.endpoint), or it is private",
                remedy: settings.token == nil
                    ? "check the name; for a private one set HF_TOKEN, or log in with: hf auth login"
                    : "check the name, and that the token in use may read it")
        case (_, 401):
            let who = settings.token == nil ? "strangers" : "the token"
            return HubError(
                .refused, "\(subject): the hub does not accept \(who)\(said)",
                remedy: "set HF_TOKEN to a token from \(settings.endpoint)/settings/tokens, or log in with: "
                    + "hf auth login")
        case (_, 403):
            return HubError(.refused, "\(subject): the hub forbids it\(said)", remedy: "see \(page)")
        case (_, 404): return HubError(.missing, "the hub does not have \(subject)")
        default: return HubError(.malformed, "\(subject): the hub answers with status \(head.status)\(said)")
        }
    }
}
