import Foundation
import GRDB
public import LabCore

extension History {
    /// For each run that has trends, a digest of what its report draws over time: the values of judged metrics in the
    /// runs up to it.
    ///
    /// It changes when earlier runs are pruned or imported, and not when later ones come.
    public func trendDigests() throws -> [String: Digest] {
        try reading { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT m.series_id, m.run_id, m.started_at, m.value, m.interval_low, m.interval_high, m.interval_level
                    FROM measurements AS m JOIN series AS s ON s.id = m.series_id
                    WHERE s.role = 'candidate' AND (
                        s.metric IN (SELECT metric FROM verdicts) OR s.metric || '_change' IN (SELECT metric FROM verdicts))
                    ORDER BY m.series_id, m.started_at, m.run_id, m.position
                    """)
            var series: Int64?
            var digest = Self.emptySeries
            var digests: [String: [Digest]] = [:]
            while let row = try rows.next() {
                let seriesID: Int64 = row[0]
                if seriesID != series {
                    series = seriesID
                    digest = Self.emptySeries
                }
                let runID: String = row[1]
                let start: String = row[2]
                let numbers: [Double?] = [row[3], row[4], row[5], row[6]]
                // Each follows from the one before it: shifts are those of the whole series.
                let values = numbers.map { $0.map { "\($0)" } ?? "" }.joined(separator: " ")
                digest = Digest(of: "\(digest) \(runID) \(start) \(values)")
                digests[runID, default: []].append(digest)
            }
            // The same in every history: the numbers of series differ from file to file.
            return digests.mapValues { Digest(of: $0.map(\.hex).sorted().joined(separator: " ")) }
        }
    }

    private static let emptySeries = Digest(of: "")
}
