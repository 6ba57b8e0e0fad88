import Mustache

/// HTML that is safe to insert as it is.
///
/// The template takes nothing else, so nothing reaches it unescaped.
struct Markup: MustacheCustomRenderable {
    let renderText: String
    var isNull: Bool { renderText.isEmpty }

    /// Text, escaped.
    init(_ text: String) {
        renderText = VisibleText(text).escaped
    }

    /// HTML made by this module.
    init(html: String) {
        renderText = html
    }
}
