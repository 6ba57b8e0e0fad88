/// Where a long list is folded, so that what matters most is seen without scrolling past the rest.
enum Folding {
    /// "109 more", in front of the item at `place`; nothing where so few follow that they may as well be shown.
    static func label(of count: Int, after place: Int) -> Markup? {
        count > place + 2 ? Markup("\(Format.grouped(count - place)) more") : nil
    }
}
