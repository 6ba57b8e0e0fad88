import Foundation
import GRDB

/// The answer to a query: a value is text, a whole number, a real number or nothing.
public struct QueryResult: Sendable {
    /// A cell.
    public enum Value: Hashable, Sendable {
        /// Nothing.
        case null
        /// A whole number.
        case integer(Int64)
        /// A real number.
        case real(Double)
        /// A text; bytes in hexadecimal.
        case text(String)
    }

    /// Names of the columns.
    public let columns: [String]
    /// The rows.
    public let rows: [[Value]]
}

extension History {
    /// What a query answers, on a connection that cannot write.
    ///
    /// - Throws: ``HistoryError`` with ``HistoryError/Code/badQuery`` and SQLite's words for a query that it refuses, or
    ///   more than one.
    public func query(_ sql: String) throws -> QueryResult {
        do {
            let queue = try HistoryFile.reader(of: url)
            defer { try? queue.close() }
            return try queue.read { database in
                let statement = try Self.statement(sql, in: database, file: url)
                guard statement.columnCount > 0 else {
                    throw HistoryError(
                        .badQuery, file: url, "the query gives no rows",
                        remedy: "only SELECT is possible; nothing was done")
                }
                let cursor = try Row.fetchCursor(statement)
                var rows: [[QueryResult.Value]] = []
                while let row = try cursor.next() { rows.append(row.databaseValues.map(QueryResult.Value.init)) }
                return QueryResult(columns: statement.columnNames, rows: rows)
            }
        } catch let error as DatabaseError
            where ![.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_BUSY, .SQLITE_IOERR].contains(error.resultCode)
        {
            throw HistoryError(
                .badQuery, file: url, "SQLite refuses the query: \(error.message ?? "\(error.resultCode)")",
                remedy: "docs/history.md has the columns of runs_v, measurements_v and verdicts_v")
        } catch let error as DatabaseError {
            return try HistoryError.translating(url, "query") { throw error }
        }
    }

    private static func statement(_ sql: String, in database: Database, file: URL) throws -> Statement {
        do {
            return try database.makeStatement(sql: sql)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_MISUSE {
            throw HistoryError(
                .badQuery, file: file, "the query is more than one statement",
                remedy: "ask one at a time; a quotation mark or semicolon may be too many")
        }
    }
}

extension QueryResult.Value {
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .real(number)
        case .string(let text): self = .text(text)
        case .blob(let data):
            self = .text(data.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        }
    }
}
