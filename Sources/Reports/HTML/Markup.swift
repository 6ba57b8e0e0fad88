import Mustache

/// HTML that is safe to insert as it is.
///
/// The template takes nothing else, so nothing reaches it unescaped.
struct Markup: MustacheCustomRenderable {
    let renderText: String
    var isNull: Bool { renderText.isEmpty }

    /// Text, escaped.
    ///
    /// - Parameter limit: code points that are shown.
    init(_ text: String, limit: Int = 1000) {
        renderText = VisibleText(text, limit: limit).escaped
    }

    /// Text of several lines, escaped, with its line breaks shown and kept for a place that wraps as the text does.
    init(prose text: String, limit: Int) {
        renderText = Self.lines(VisibleText(VisibleToken.context(text), limit: limit).escaped)
    }

    /// Breaks lines behind the signs of the first line breaks; a text of nothing else may not fill a page.
    static func lines(_ escaped: String) -> String {
        let parts = escaped.split(separator: "\u{21B5}", maxSplits: 80, omittingEmptySubsequences: false)
        return parts.joined(separator: "\u{21B5}\n")
    }

    /// HTML made by this module.
    init(html: String) {
        renderText = html
    }
}
