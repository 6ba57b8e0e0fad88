import Foundation
import GRDB
public import LabCore

extension History {
    /// The trends of a metric, those with the newest runs first, and how many more the filter admits than its limit.
    ///
    /// Shifts are those of the whole series, whatever the filter shows of it.
    public func trends(metric: String, _ filter: TrendFilter = TrendFilter()) throws -> (trends: [Trend], more: Int) {
        let since = filter.since?.formatted(Self.timeFormat) ?? ""
        return try reading { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT *, (SELECT max(started_at) FROM measurements WHERE series_id = series.id) AS newest
                        FROM series
                        WHERE metric = ?1 AND (?2 IS NULL OR suite = ?2) AND (?3 IS NULL OR evaluation = ?3)
                            AND (?4 IS NULL OR model = ?4 COLLATE NOCASE) AND (?5 IS NULL OR recipe = ?5 COLLATE NOCASE)
                            AND (?6 IS NULL OR backend = ?6)
                            AND (?7 IS NULL OR instr(lower(device), lower(?7)) > 0) AND newest >= ?8
                        ORDER BY newest DESC, suite, evaluation, model, role DESC, recipe, backend, dataset, device, unit
                        """),
                arguments: [
                    metric, filter.suite, filter.evaluation, filter.model, filter.recipe, filter.backend,
                    filter.device, since,
                ])
            let trends = try rows.prefix(max(0, filter.seriesLimit)).map { row in
                try trend(
                    of: row["id"], key: key(row), from: since, to: "\u{7F}", runID: "", limit: filter.pointLimit,
                    in: database)
            }
            return (trends, max(0, rows.count - filter.seriesLimit))
        }
    }

    /// The series that a run has a value of its candidates in, each up to this run: what a report shows, whenever it is
    /// made.
    ///
    /// - Parameter metrics: the metrics, in the order of the result; all of them, in the run's order, when empty.
    /// - Parameter limit: the most points of a series, the newest ones.
    public func trends(upTo run: RunRecord, metrics: [String] = [], limit: Int = 100) throws -> [Trend] {
        var keys: [SeriesKey] = []
        for measurement in run.measurements {
            let key = SeriesKey(of: measurement, in: run)
            if key.role == .candidate, !keys.contains(key) { keys.append(key) }
        }
        if !metrics.isEmpty { keys = metrics.flatMap { metric in keys.filter { $0.metric == metric } } }
        let startedAt = run.startedAt.formatted(Self.timeFormat)
        return try reading { database in
            try keys.compactMap { key in
                try RunRows.knownSeriesID(key, in: database).map {
                    try trend(of: $0, key: key, from: "", to: startedAt, runID: run.id, limit: limit, in: database)
                }
            }
        }
    }

    /// The metrics that the history has values of, in alphabetical order.
    public func metrics() throws -> [String] {
        try reading { try String.fetchAll($0, sql: "SELECT DISTINCT metric FROM series ORDER BY metric") }
    }

    /// A series in a range of time; at its end up to the run of an identifier.
    private func trend(
        of seriesID: Int64, key: SeriesKey, from start: String, to end: String, runID: String, limit: Int,
        in database: Database
    ) throws -> Trend {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT m.started_at, m.run_id, m.value, m.n, m.interval_low, m.interval_high, m.interval_level,
                        a.sha256, r.engine
                    FROM measurements AS m
                    JOIN runs AS r INDEXED BY runs_engines ON r.id = m.run_id
                    JOIN run_artifacts AS a INDEXED BY run_artifacts_files ON a.run_id = m.run_id AND a.position = m.artifact
                    WHERE m.series_id = ?1 AND m.started_at >= ?2 AND (m.started_at, m.run_id) <= (?3, ?4)
                    ORDER BY m.started_at DESC, m.run_id DESC, m.position DESC LIMIT ?5
                    """),
            arguments: [seriesID, start, end, runID, limit])
        var points: [Trend.Point] = []
        // Few files among many points.
        var artifacts: [String: Digest] = [:]
        while let row = try rows.next() {
            let startedAt: String = row[0]
            let hex: String = row[7]
            guard let date = TimeText.date(startedAt), let artifact = artifacts[hex] ?? Digest(hex: hex) else {
                throw HistoryError(
                    .corrupt, file: url, "run \(row[1] as String) in history \(url.path) has the start '\(startedAt)'")
            }
            artifacts[hex] = artifact
            var interval: Interval?
            if let low: Double = row[4], let high: Double = row[5], let level: Double = row[6] {
                interval = Interval(low: low, high: high, level: level)
            }
            points.append(
                Trend.Point(
                    runID: row[1], startedAt: date, value: row[2], interval: interval, n: row[3], artifact: artifact,
                    engine: row[8]))
        }
        points.reverse()
        let shifts = try shifts(of: seriesID, key: key, to: end, runID: runID, shown: points.count, in: database)
        return Trend(key: key, points: points, shifts: shifts)
    }

    /// The shifts among the newest points of a series, as they are known from all of it: what is shown must not decide.
    private func shifts(
        of seriesID: Int64, key: SeriesKey, to end: String, runID: String, shown: Int, in database: Database
    ) throws -> [Trend.Shift] {
        let known = try TrendStates.known(of: seriesID, to: end, runID: runID, shown: shown, in: database)
        guard let known else {
            throw HistoryError(
                .corrupt, file: url, "\(key.metric) in history \(url.path) has a value that is not finite")
        }
        // A shift at the first point that is shown has nothing before it.
        return ChangePoints.shifts(known.shifts, last: known.observer.stretch).compactMap { shift in
            var shift = shift
            shift.index -= known.count - shown
            return shift.index > 0 ? shift : nil
        }
    }

    private func key(_ row: Row) throws -> SeriesKey {
        let role: String = row["role"]
        guard let role = ArtifactRecord.Role(rawValue: role) else {
            throw HistoryError(.corrupt, file: url, "a series in history \(url.path) has the role '\(role)'")
        }
        return SeriesKey(
            suite: row["suite"], evaluation: row["evaluation"], metric: row["metric"], unit: row["unit"],
            dataset: row["dataset"], model: row["model"], recipe: row["recipe"], role: role, backend: row["backend"],
            device: row["device"])
    }

    /// Reads in one transaction; what SQLite throws becomes an error that names the file.
    func reading<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try HistoryError.translating(url, "read") { try connection.read(body) }
    }
}

/// Times as the history keeps them, read without a formatter: a trend has thousands.
enum TimeText {
    /// The moment that "2026-11-22T22:35:00.250Z" names; nil for anything else.
    static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[4] == 45, bytes[7] == 45, bytes[10] == 84, bytes[13] == 58, bytes[16] == 58,
            bytes[19] == 46, bytes[23] == 90
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(Optional(0)) { value, byte in
                guard let value, (48...57).contains(byte) else { return nil }
                return value * 10 + Int(byte) - 48
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let milliseconds = number(20..<23),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        // Days since 1970 by the Gregorian calendar, years counted from March so that the leap day comes last.
        let years = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let days = 365 * years + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        return Date(timeIntervalSince1970: Double(seconds * 1000 + milliseconds) / 1000)
    }
}
