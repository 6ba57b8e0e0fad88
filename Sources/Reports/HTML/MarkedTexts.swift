/// Two texts to stand side by side, each with what it does not share with the other marked.
struct MarkedTexts {
    /// Up to where the marks reach.
    enum Reach {
        /// From where the texts part to their ends.
        case end
        /// To where they are the same again, up to their ends.
        case difference
    }

    let first: Markup
    let second: Markup

    /// Code points that are shown of what is marked, and of what is not, at most.
    private static let (markedLimit, plainLimit) = (1500, 600)

    init(_ first: String, _ second: String, reach: Reach) {
        guard first != second else {
            self.first = Markup(prose: first, limit: 2000)
            self.second = Markup(prose: second, limit: 2000)
            return
        }
        // By code points: a megabyte of characters would take a second.
        let (a, b) = (first.unicodeScalars, second.unicodeScalars)
        let common = zip(a, b).prefix { $0 == $1 }.count
        var commonEnd = 0
        if reach == .difference {
            let room = min(a.count, b.count) - common
            commonEnd = zip(a.reversed(), b.reversed()).prefix(room).prefix { $0 == $1 }.count
        }
        self.first = Self.marked(a, after: common, before: commonEnd)
        self.second = Self.marked(b, after: common, before: commonEnd)
    }

    /// Of what is the same before and after the mark the parts next to it are enough to see where the texts part.
    private static func marked(_ scalars: String.UnicodeScalarView, after common: Int, before end: Int) -> Markup {
        let beginning = scalars.prefix(common)
        let shown = common > plainLimit ? "\u{2026}" + String(beginning.suffix(plainLimit / 2)) : String(beginning)
        let ending = String(scalars.suffix(end))
        let middle = Markup(prose: String(scalars.dropFirst(common).dropLast(end)), limit: markedLimit).renderText
        let nothing = end > 0 ? "\u{27E8}nothing\u{27E9}" : "\u{27E8}ends here\u{27E9}"
        return Markup(
            html: Markup.lines(VisibleText(VisibleToken.context(shown)).escaped)
                + "<mark>\(middle.isEmpty ? nothing : middle)</mark>"
                + Markup(prose: ending, limit: plainLimit / 2).renderText)
    }
}
