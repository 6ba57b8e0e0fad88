import LabCore

/// What a model's name tells: "Qwen3-8B-Instruct-v2" is the base name, size, finetune and version of a model.
///
/// The rules are those of llama.cpp's converter, so that artifacts carry the same names.
struct ModelNaming: Equatable {
    var fullName: String?
    var organization: String?
    var baseName: String?
    var finetune: String?
    var version: String?
    var sizeLabel: String?

    private enum Kind: Hashable {
        case baseName, sizeLabel, finetune, version, type
    }

    /// Reads "organization/name" or a bare name.
    ///
    /// `parameterCount` tells a size from a context length.
    init(_ identifier: String, parameterCount: Int64) {
        guard !identifier.contains(" ") else {
            fullName = identifier
            return
        }
        let halves = identifier.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let name = halves.count == 2 ? halves[1] : Substring(identifier)
        fullName = String(name)
        if halves.count == 2, halves[0].first != "." { organization = String(halves[0]) }

        var parts = name.split(separator: "-").map(String.init)
        var kinds = [Set<Kind>](repeating: [], count: parts.count)
        for index in parts.indices {
            Self.annotate(&parts[index], &kinds[index], isFirst: index == 0, parameterCount: parameterCount)
        }
        let hasNumericSize = zip(parts, kinds).contains { part, kind in
            kind.contains(.sizeLabel) && part.contains(where: \.isNumber)
        }
        if hasNumericSize {
            for index in parts.indices where parts[index].allSatisfy(\.isLetter) { kinds[index].remove(.sizeLabel) }
        }
        Self.markBaseName(parts, &kinds)

        func joined(_ kind: Kind, unless other: Kind? = nil) -> String? {
            let chosen = zip(parts, kinds).filter { $1.contains(kind) && !(other.map($1.contains) ?? false) }.map(\.0)
            return chosen.isEmpty ? nil : chosen.joined(separator: "-")
        }
        finetune = joined(.finetune)
        version = joined(.version, unless: .baseName)
        var sizes: [String] = []
        for (part, kind) in zip(parts, kinds) where kind.contains(.sizeLabel) && !sizes.contains(part) {
            sizes.append(part)
        }
        sizeLabel = sizes.isEmpty ? nil : sizes.joined(separator: "-")
        // A name alone says too little to call it a base name.
        baseName = sizeLabel == nil && finetune == nil && version == nil ? nil : joined(.baseName)
    }

    private static func annotate(
        _ part: inout String, _ kinds: inout Set<Kind>, isFirst: Bool, parameterCount: Int64
    ) {
        if part.wholeMatch(of: /(v|iter)?\d+([.]\d+)*/.ignoresCase()) != nil {
            kinds.insert(.version)
        } else if part.wholeMatch(of: /i?q\d(_\w)*|b?fp?(16|32)/.ignoresCase()) != nil {
            kinds.insert(.type)
            part = part.uppercased()
        } else if !isFirst,
            part.wholeMatch(
                of: /(([A]|\d+[x])?\d+([._]\d+)?[KMBT][\d]?|small|mini|medium|large|x?xl)/.ignoresCase()) != nil
        {
            annotateSize(&part, &kinds, parameterCount: parameterCount)
        } else if !isFirst, part.wholeMatch(of: /chat|instruct|vision|lora/.ignoresCase()) != nil {
            kinds.insert(.finetune)
        }
    }

    private static func annotateSize(_ part: inout String, _ kinds: inout Set<Kind>, parameterCount: Int64) {
        var letters = Array(part.replacing("_", with: "."))
        if let last = letters.last, last.isNumber, letters.count >= 2 {
            // "7b1" is 7.1b.
            letters = letters.dropLast(2) + [".", last, letters[letters.count - 2]]
        }
        if letters.count > 1, letters[letters.count - 2].isNumber, let unit = letters.last, "kmbt".contains(unit) {
            letters[letters.count - 1] = Character(unit.uppercased())
        }
        part = String(letters)
        if parameterCount > 0, let unit = letters.last, let number = Double(String(letters.dropLast())),
            let power = Array(" KMBT").firstIndex(of: unit)
        {
            let labelled = number * (0..<power).reduce(1.0) { scale, _ in scale * 1000 }
            if abs(labelled - Double(parameterCount)) > Double(7 * parameterCount / 8) {
                // Far from the model's size, it is a context length.
                kinds.insert(.finetune)
                part = String(letters.dropLast()) + unit.lowercased()
            }
        }
        if kinds.isEmpty { kinds.insert(.sizeLabel) }
    }

    private static func markBaseName(_ parts: [String], _ kinds: inout [Set<Kind>]) {
        var isAtStart = true
        for index in parts.indices {
            let isWord = kinds[index].isEmpty && parts[index].first?.isLetter == true
            if isAtStart, isWord || kinds[index].contains(.version) {
                kinds[index].insert(.baseName)
            } else {
                isAtStart = false
                if kinds[index].isEmpty { kinds[index].insert(.finetune) }
            }
        }
        for index in parts.indices.reversed() {
            guard kinds[index].contains(.baseName), kinds[index].count > 1 else { break }
            kinds[index].remove(.baseName)
        }
    }

    /// "some-model-v2" as a title: words capitalized, versions and acronyms left alone.
    static func title(_ text: String) -> String {
        text.replacing("-", with: " ").split(whereSeparator: \.isWhitespace).map { word -> String in
            let isLower = word.contains(where: \.isLowercase) && !word.contains(where: \.isUppercase)
            guard isLower, word.wholeMatch(of: /v\d+(?:\.\d+)*|\d.*/) == nil else { return String(word) }
            var result = ""
            for letter in word {
                result += result.last?.isLetter == true ? String(letter) : letter.uppercased()
            }
            return result
        }.joined(separator: " ")
    }

    /// A number of weights for people: 3.3M, 597M, 8.2B.
    static func sizeLabel(_ parameterCount: Int64) -> String {
        let scales: [(above: Double, unit: Double, suffix: String)] = [
            (1e12, 1e-12, "T"), (1e9, 1e-9, "B"), (1e6, 1e-6, "M"), (-1, 1e-3, "K"),
        ]
        let count = Double(parameterCount)
        let scale = scales.first { count > $0.above } ?? scales[scales.count - 1]
        let scaled = count * scale.unit
        let whole = scaled.rounded(.toNearestOrEven)
        let digits = whole == 0 ? 0 : String(Int64(whole)).count
        return scaled.fixed(max(2 - digits, 0)) + scale.suffix
    }
}
