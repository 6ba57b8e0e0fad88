import Foundation

/// Text from outside, made safe to stand in a table cell or a paragraph of Markdown.
///
/// Every character that GitHub's Markdown, or HTML within it, gives a meaning to is written as a character reference or
/// behind a backslash; an @ and a # get one too, so that nobody is called and no issue is linked.
struct MarkdownText {
    let text: String

    init(_ raw: String) {
        var result = String.UnicodeScalarView()
        for scalar in VisibleText(raw).text.replacingOccurrences(of: "\u{A0}", with: " ").unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "@": result.append(contentsOf: "&#64;".unicodeScalars)
            case "#": result.append(contentsOf: "&#35;".unicodeScalars)
            case "|": result.append(contentsOf: "&#124;".unicodeScalars)
            case ":": result.append(contentsOf: "&#58;".unicodeScalars)
            case "\\", "`", "*", "_", "[", "]", "~", "$", "!":
                result.append("\\")
                result.append(scalar)
            default: result.append(scalar)
            }
        }
        text = String(result)
    }
}
