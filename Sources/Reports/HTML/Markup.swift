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

    /// HTML made by this module.
    init(html: String) {
        renderText = html
    }
}
