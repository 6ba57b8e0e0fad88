import CommandSupport
import Foundation

#if canImport(Glibc)
    @preconcurrency import Glibc
#else
    @preconcurrency import Darwin
#endif

/// A line that is being edited.
struct LineEdit {
    /// What a key led to.
    enum Outcome: Equatable {
        case goesOn
        case isWhole(String)
        /// The end of the input was typed.
        case isOver
    }

    private let prompt: String
    private var characters: [Character] = []
    private var cursor = 0
    /// Lines before, and last the one that is being typed.
    private var lines: [String]
    private var place: Int

    init(prompt: String, history: [String]) {
        self.prompt = prompt
        lines = history + [""]
        place = history.count
    }

    /// The text and where in it the cursor is.
    var state: (text: String, cursor: Int) { (String(characters), cursor) }

    mutating func take(_ key: TerminalKey) -> Outcome {
        switch key {
        case .enter: return .isWhole(String(characters))
        case .control("d") where characters.isEmpty: return .isOver
        case .control("c"):
            if characters.isEmpty { return .goesOn }
            replace(with: "")
        case .text(let text):
            characters.insert(contentsOf: text, at: cursor)
            cursor += text.count
        case .backspace where cursor > 0:
            cursor -= 1
            characters.remove(at: cursor)
        case .delete, .control("d"):
            if cursor < characters.count { characters.remove(at: cursor) }
        default: move(key)
        }
        return .goesOn
    }

    private mutating func move(_ key: TerminalKey) {
        switch key {
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .wordLeft: cursor = wordStart
        case .wordRight:
            while cursor < characters.count, characters[cursor] == " " { cursor += 1 }
            while cursor < characters.count, characters[cursor] != " " { cursor += 1 }
        case .up, .control("p"): recall(place - 1)
        case .down, .control("n"): recall(place + 1)
        case .control("k"): characters.removeSubrange(cursor...)
        case .control("u"):
            characters.removeSubrange(..<cursor)
            cursor = 0
        case .control("w"):
            let start = wordStart
            characters.removeSubrange(start..<cursor)
            cursor = start
        case .control("l"): Self.emit("\u{1B}[2J\u{1B}[H")
        default: break
        }
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, characters[place - 1] == " " { place -= 1 }
        while place > 0, characters[place - 1] != " " { place -= 1 }
        return place
    }

    private mutating func recall(_ wanted: Int) {
        guard lines.indices.contains(wanted) else { return }
        lines[place] = String(characters)
        place = wanted
        replace(with: lines[wanted])
    }

    private mutating func replace(with text: String) {
        characters = Array(text)
        cursor = characters.count
    }

    // MARK: - Drawing

    /// Draws the part of the line that fits, so that the cursor is in it.
    func draw() {
        let room = max(8, Terminal.width - Self.width(of: Array(prompt)) - 1)
        let shown = characters.map { $0.isNewline ? "↵" : $0 == "\t" ? " " : $0 }
        var start = 0
        while Self.width(of: shown[start..<cursor]) >= room { start += 1 }
        var end = start
        var used = 0
        while end < shown.count, used + Self.width(of: [shown[end]]) <= room {
            used += Self.width(of: [shown[end]])
            end += 1
        }
        let column = Self.width(of: Array(prompt)) + Self.width(of: shown[start..<cursor])
        Self.emit("\r\(prompt)\(String(shown[start..<end]))\u{1B}[K\r" + (column > 0 ? "\u{1B}[\(column)C" : ""))
    }

    /// Leaves the line.
    func leave() { Self.emit("\n") }

    /// Columns that characters take.
    static func width(of characters: some Sequence<Character>) -> Int {
        characters.reduce(0) { sum, character in
            sum + character.unicodeScalars.reduce(0) { max($0, Self.width(of: $1)) }
        }
    }

    /// East Asian wide characters and emoji take two columns.
    private static func width(of scalar: UnicodeScalar) -> Int {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            2
        default: scalar.properties.generalCategory == .nonspacingMark || scalar.value == 0x200D ? 0 : 1
        }
    }

    static func emit(_ text: String) {
        StandardOutput.flush()
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
