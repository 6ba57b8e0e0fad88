/// The number that an answer comes to.
///
/// Where the answer marks its end (``FinalAnswer``): the first number of that part, or the first after its last "=".
/// Where it does not, or no number is there: the last number of the answer. A number that stands in a list of others
/// ("16, 18 or 20") is none.
struct NumberAnswer: Sendable {
    /// The number; nil where the answer comes to none, or to several.
    let number: WrittenNumber?

    /// Reads an answer whose numbers are written as in a language, given by its BCP 47 tag.
    init(_ answer: String, language: String) {
        let notation = NumberNotation(language: language)
        let marked: String?
        switch FinalAnswer(of: answer) {
        case .boxed(let part), .hashes(let part), .phrase(let part): marked = part
        case .unmarked: marked = nil
        }
        if let marked {
            let text = NumberText(marked, notation: notation)
            if !text.numbers.isEmpty {
                number = text.firstOfLastEquation
                return
            }
        }
        number = NumberText(answer, notation: notation).last
    }
}

/// A text with the numbers in it.
private struct NumberText {
    let scalars: [Unicode.Scalar]
    let numbers: [WrittenNumber]

    init(_ text: String, notation: NumberNotation) {
        scalars = PlainMath.scalars(of: text)
        numbers = NumberReader(scalars, notation: notation).numbers()
    }

    /// The first number after the last "=", unless it heads a list.
    var firstOfLastEquation: WrittenNumber? {
        let equals = scalars.lastIndex(of: "=") ?? -1
        guard let place = numbers.firstIndex(where: { $0.range.lowerBound > equals }) ?? numbers.indices.first else {
            return nil
        }
        return place + 1 < numbers.count && isList(place) ? nil : numbers[place]
    }

    /// The last number, unless it ends a list.
    var last: WrittenNumber? {
        guard let last = numbers.last else { return nil }
        return numbers.count > 1 && isList(numbers.count - 2) ? nil : last
    }

    /// Whether another number follows with nothing but marks between, or with few words and an "or" among them.
    private func isList(_ place: Int) -> Bool {
        let (first, second) = (numbers[place], numbers[place + 1])
        guard !first.isSameAmount(as: second) else { return false }
        let between = String(String.UnicodeScalarView(scalars[first.range.upperBound..<second.range.lowerBound]))
        guard between.unicodeScalars.allSatisfy({ $0.properties.isAlphabetic || Self.separators.contains($0) }) else {
            return false
        }
        let words = between.lowercased().split { !$0.isLetter }.map(String.init)
        return words.isEmpty || words.count <= 3 && words.contains(where: ListWords.joins)
    }

    private static let separators: Set<Unicode.Scalar> = [
        " ", "\t", "\n", "\r", ",", ";", "/", "|", "、", "，", "；", "•", "$", "€", "%", "\u{202F}",
    ]
}

/// Words between the last two members of a list.
enum ListWords {
    static func joins(_ word: some StringProtocol) -> Bool { or.contains(String(word)) || and.contains(String(word)) }

    /// Between alternatives.
    static let or: Set<String> = [
        "or", "oder", "o", "u", "ou", "или", "либо", "或", "或者", "还是", "または", "か", "もしくは", "either",
    ]
    private static let and: Set<String> = ["and", "und", "y", "e", "et", "и", "和", "与", "と"]
}
