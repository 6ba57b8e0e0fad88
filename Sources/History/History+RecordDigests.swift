import Foundation
import GRDB
public import LabCore

extension History {
    /// The digest of each run's record as it is kept, newest run first: what tells a changed run from a known one
    /// without reading it.
    public func recordDigests() throws -> [(id: String, digest: Digest)] {
        try HistoryError.translating(url, "read") {
            try connection.read { database in
                var digests: [(id: String, digest: Digest)] = []
                let rows = try Row.fetchCursor(
                    database,
                    sql: "SELECT id, CAST(record AS BLOB) AS record FROM runs ORDER BY started_at DESC, id DESC")
                while let row = try rows.next() {
                    let record: Data = row["record"]
                    digests.append((row["id"], Digest(of: record)))
                }
                return digests
            }
        }
    }
}
