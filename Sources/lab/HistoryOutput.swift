import ArgumentParser
import Foundation
import History
import LabRunner
import Reports

/// A moment as people write it: a day, a time in UTC, or so many days ago.
struct Moment: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        if argument.hasSuffix("d"), let days = Int(argument.dropLast()), (0...36_500).contains(days) {
            date = Date(timeIntervalSinceNow: -86_400 * Double(days))
            return
        }
        let text = argument.count == 10 ? argument + "T00:00:00Z" : argument
        guard let parsed = try? Date.ISO8601FormatStyle().parse(text) else { return nil }
        date = parsed
    }

    static var defaultCompletionKind: CompletionKind { .default }
}

/// Rows for people and programs.
enum Output {
    /// JSON with sorted keys and times in UTC.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Lines of RFC 4180, the names first.
    static func csv(_ columns: [String], _ rows: [[String]]) -> String {
        ([columns] + rows).map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\r\n")
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    /// A table with the columns' names above; numbers to the right.
    static func table(_ result: QueryResult) -> String {
        let isNumber = result.columns.indices.map { column in
            result.rows.contains { $0[column].isNumber }
                && result.rows.allSatisfy { $0[column].isNumber || $0[column] == .null }
        }
        var table = TextTable(zip(result.columns, isNumber).map { (VisibleText($0).text, $1 ? .right : .left) })
        for row in result.rows { table.append(row.map { VisibleText($0.text).text }) }
        return table.lines.joined(separator: "\n")
    }

    /// An array with an object for each row, its members in the order of the columns.
    ///
    /// - Throws: ``RunnerError``, a usage error, where two columns have the same name.
    static func json(_ result: QueryResult) throws -> String {
        var known: Set<String> = []
        if let twice = result.columns.first(where: { !known.insert($0).inserted }) {
            throw RunnerError(
                "two columns are called '\(twice)', which an object in JSON cannot have",
                remedy: "give them names: SELECT a.\(twice) AS first, b.\(twice) AS second; or take --format csv",
                exitCode: .usage)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        func encoded(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        let names = try result.columns.map { try encoded($0) }
        let rows = try result.rows.map { row in
            let members = try zip(names, row).map { name, value in
                switch value {
                case .null: "\(name):null"
                case .integer(let number): "\(name):\(number)"
                // JSON has no infinity.
                case .real(let number): "\(name):\(number.isFinite ? "\(number)" : "null")"
                case .text(let text): "\(name):\(try encoded(text))"
                }
            }
            return "{\(members.joined(separator: ","))}"
        }
        return "[\(rows.joined(separator: ",\n"))]"
    }
}

extension QueryResult.Value {
    /// The value as a cell; nothing for nothing.
    var text: String {
        switch self {
        case .null: ""
        case .integer(let number): String(number)
        case .real(let number): "\(number)"
        case .text(let text): text
        }
    }

    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .real: true
        case .null, .text: false
        }
    }
}
