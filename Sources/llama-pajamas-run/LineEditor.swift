import Foundation

#if canImport(Glibc)
    @preconcurrency import Glibc
#else
    @preconcurrency import Darwin
#endif

/// Reads lines with editing and history on a terminal, and as they are from anything else.
final class LineEditor {
    private var history: [String] = []
    private let historyFile: URL?
    private let isTerminal: Bool

    private static let mostHistory = 1000

    init(historyFile: URL?) {
        self.historyFile = historyFile
        isTerminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0
        guard isTerminal, let historyFile, let data = try? Data(contentsOf: historyFile) else { return }
        history = (try? JSONDecoder().decode([String].self, from: data)) ?? []
    }

    /// Whether a person types.
    var isInteractive: Bool { isTerminal }

    /// The next line; nil at the end of the input.
    func line(prompt: String) -> String? {
        guard isTerminal else { return readLine(strippingNewline: true) }
        var edit = LineEdit(prompt: prompt, history: history)
        guard let raw = RawTerminal() else { return readLine(strippingNewline: true) }
        defer { raw.restore() }
        edit.draw()
        while let key = TerminalKey.next() {
            switch edit.take(key) {
            case .goesOn: edit.draw()
            case .isWhole(let line):
                edit.leave()
                remember(line)
                return line
            case .isOver:
                edit.leave()
                return nil
            }
        }
        edit.leave()
        return nil
    }

    private func remember(_ line: String) {
        guard !line.isEmpty, history.last != line else { return }
        history.append(line)
        history.removeFirst(max(0, history.count - Self.mostHistory))
        guard let historyFile, let data = try? JSONEncoder().encode(history) else { return }
        // A history that cannot be kept is no reason to stop.
        try? FileManager.default.createDirectory(
            at: historyFile.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? data.write(to: historyFile, options: .atomic)
    }
}

/// A terminal that gives each key at once.
private final class RawTerminal {
    private var before = termios()

    init?() {
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0 else { return nil }
        // Pasted line breaks are then no ends of lines.
        LineEdit.emit("\u{1B}[?2004h")
    }

    func restore() {
        LineEdit.emit("\u{1B}[?2004l")
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
    }
}

/// What a person pressed.
enum TerminalKey: Equatable {
    case text(String)
    case enter, backspace, delete, left, right, home, end, up, down, wordLeft, wordRight
    case control(Character)
    case unknown

    /// Waits for a key; nil at the end of the input.
    static func next() -> TerminalKey? {
        guard let byte = readByte() else { return nil }
        switch byte {
        case 0x0D, 0x0A: return .enter
        case 0x7F, 0x08: return .backspace
        case 0x1B: return escape()
        case 0x01...0x1A: return .control(Character(UnicodeScalar(byte + 0x60)))
        case 0x20...0x7E: return .text(String(UnicodeScalar(byte)))
        case 0xC2...0xF4:
            var bytes = [byte]
            for _ in 0..<(byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1) {
                if let more = readByte() { bytes.append(more) }
            }
            return .text(String(decoding: bytes, as: UTF8.self))
        default: return .unknown
        }
    }

    private static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            if count < 0 && errno == EINTR { continue }
            return nil
        }
    }

    private static func escape() -> TerminalKey {
        guard let second = readByte() else { return .unknown }
        if second == UInt8(ascii: "b") { return .wordLeft }
        if second == UInt8(ascii: "f") { return .wordRight }
        guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O") else { return .unknown }
        var parameters = ""
        while let byte = readByte() {
            guard byte >= 0x40 else {
                parameters.unicodeScalars.append(UnicodeScalar(byte))
                continue
            }
            return named(Character(UnicodeScalar(byte)), parameters)
        }
        return .unknown
    }

    private static func named(_ letter: Character, _ parameters: String) -> TerminalKey {
        switch (letter, parameters) {
        case ("A", _): .up
        case ("B", _): .down
        case ("C", "1;5"), ("C", "1;3"): .wordRight
        case ("D", "1;5"), ("D", "1;3"): .wordLeft
        case ("C", _): .right
        case ("D", _): .left
        case ("H", _), ("~", "1"), ("~", "7"): .home
        case ("F", _), ("~", "4"), ("~", "8"): .end
        case ("~", "3"): .delete
        case ("~", "200"): pasted()
        default: .unknown
        }
    }

    /// The text of a paste, up to the mark that ends it.
    private static func pasted() -> TerminalKey {
        var bytes: [UInt8] = []
        let end = Array("\u{1B}[201~".utf8)
        while let byte = readByte() {
            bytes.append(byte)
            if bytes.count >= end.count, bytes.suffix(end.count).elementsEqual(end) {
                bytes.removeLast(end.count)
                break
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return .text(text.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\r", with: "\n"))
    }
}
