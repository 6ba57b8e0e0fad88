public import Foundation
import GRDB
public import LabCore

/// Why the history could not be opened, read or written.
public struct HistoryError: LabFailure {
    /// The kinds of failure, for callers that act on them.
    public enum Code: String, Sendable {
        /// There is no such file, or nothing in it.
        case missing
        /// The file or its directory cannot be created or written.
        case unwritable
        /// The disk or quota is full; nothing of the write remains.
        case diskFull
        /// The file is not a readable SQLite database.
        case corrupt
        /// The file is a SQLite database of another program.
        case foreign
        /// A newer lab wrote the file.
        case newerSchema
        /// Other processes held the file for longer than the lab waits.
        case busy
        /// No run answers to the name.
        case unknownRun
        /// Several runs answer to the name.
        case ambiguousRun
        /// A different run has this identifier.
        case conflictingRun
        /// The value is not one that the history keeps.
        case invalidValue
        /// The name is not one that a tag may have.
        case invalidName
        /// No run has the tag.
        case unknownTag
        /// The query is not one that can be answered.
        case badQuery
        /// Anything else that SQLite reports.
        case database
    }

    /// The kind of failure.
    public let code: Code
    /// The history's file.
    public let file: URL
    /// What happened, naming the file.
    public let description: String
    /// How to mend it.
    public let remedy: String?

    /// A reference that names no single run, a tag that is none, a bad name and a bad query are usage errors; all else is the
    /// lab failing at its work.
    public var exitCode: ExitCode {
        switch code {
        case .unknownRun, .ambiguousRun, .invalidName, .unknownTag, .badQuery: .usage
        default: .unavailable
        }
    }

    init(_ code: Code, file: URL, _ description: String, remedy: String? = nil) {
        self.code = code
        self.file = file
        self.description = description
        self.remedy = remedy
    }

    /// Runs `body`; what SQLite throws becomes an error that names the file.
    static func translating<Value>(_ file: URL, _ doing: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw HistoryError(error, file: file, doing: doing)
        }
    }

    private init(_ error: DatabaseError, file: URL, doing: String) {
        let said = error.message ?? "result code \(error.extendedResultCode.rawValue)"
        let failed = "cannot \(doing) history \(file.path)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self = .diskFull(file, failed)
        case .SQLITE_IOERR where Self.isFull(file):
            self = .diskFull(file, failed)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .unwritable, file: file, "\(failed): \(said)",
                remedy: "make the file and its directory writable, or name another file with --history")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .corrupt(file, said)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy, file: file, "\(failed): other processes kept it locked for \(Int(History.busyTimeoutSeconds)) s",
                remedy: "wait for the other labs to finish, or name another file with --history")
        default:
            self.init(.database, file: file, "\(failed): \(said)")
        }
    }

    static func missing(_ file: URL, remedy: String = "name one with --history; 'lab run' makes one") -> HistoryError {
        HistoryError(.missing, file: file, "there is no history \(file.path)", remedy: remedy)
    }

    static func corrupt(_ file: URL, _ said: String) -> HistoryError {
        HistoryError(
            .corrupt, file: file, "history \(file.path) is damaged or not a SQLite database: \(said)",
            remedy: """
                'lab history check --history \(file.path)' shows what is wrong; with --rescue FILE it saves what can be \
                read into a new history
                """)
    }

    static func diskFull(_ file: URL, _ failed: String) -> HistoryError {
        HistoryError(
            .diskFull, file: file, "\(failed): the disk is full",
            remedy: "free space on the disk of \(file.deletingLastPathComponent().path); finished samples are kept")
    }

    /// SQLite reports some failures of a full disk (growing its shared-memory file, say) as plain I/O errors.
    private static func isFull(_ file: URL) -> Bool {
        let directory = file.deletingLastPathComponent().path
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: directory)
        guard let freeBytes = attributes?[.systemFreeSize] as? NSNumber else { return false }
        return freeBytes.int64Value < 256 << 10
    }
}
