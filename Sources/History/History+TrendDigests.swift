import Foundation
import GRDB
public import LabCore

extension History {
    /// For each run that has trends, a digest of what its report draws over time: the values of judged metrics in the
    /// runs up to it.
    ///
    /// It changes when earlier runs are pruned or imported, and not when later ones come.
    ///
    /// - Parameter limit: the newest points of a series that a report draws.
    public func trendDigests(limit: Int) throws -> [String: Digest] {
        try reading { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT m.series_id, m.run_id, m.started_at, m.value, m.interval_low, m.interval_high, m.interval_level
                    FROM measurements AS m JOIN series AS s ON s.id = m.series_id
                    WHERE s.role = 'candidate' AND s.metric IN (SELECT metric FROM verdicts)
                    ORDER BY m.series_id, m.started_at, m.run_id, m.position
                    """)
            var series: Int64?
            var newest: [Data] = []
            var digests: [String: [Digest]] = [:]
            while let row = try rows.next() {
                let seriesID: Int64 = row[0]
                if seriesID != series {
                    series = seriesID
                    newest.removeAll()
                }
                let runID: String = row[1]
                let start: String = row[2]
                let numbers: [Double?] = [row[3], row[4], row[5], row[6]]
                if newest.count == limit { newest.removeFirst() }
                newest.append(
                    Data("\(runID) \(start) \(numbers.map { $0.map { "\($0)" } ?? "" }.joined(separator: " "))\n".utf8))
                var hasher = Digest.Hasher()
                for point in newest { hasher.update(point) }
                digests[runID, default: []].append(hasher.finalize())
            }
            // The same in every history: the numbers of series differ from file to file.
            return digests.mapValues { Digest(of: $0.map(\.hex).sorted().joined(separator: " ")) }
        }
    }
}
