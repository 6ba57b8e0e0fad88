import Foundation

/// The secret that says to a hub who is asking.
///
/// It has no description, so that it gets into no message and no log; only ``HTTPRequest`` reads it.
public struct AccessToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let secret: String

    /// A token, without the white space around it; nil where nothing is left, or where it could not be sent.
    public init?(_ text: String?) {
        let text = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        secret = text
    }

    /// No secret.
    public var description: String { "(a token)" }
    /// No secret.
    public var debugDescription: String { description }
    /// No secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
