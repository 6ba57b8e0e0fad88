import Foundation
import GRDB
import LabCore

/// What is kept of the shifts of series, so that a query looks at few points of a long one.
enum TrendStates {
    /// Points from one state to the next: few to look at again, and about 7 bytes for each point of a series.
    static let spacing = 128

    /// What is known of a series up to a point.
    struct Known {
        var observer = ShiftObserver()
        /// The points that it saw.
        var count = 0
        /// The shifts that became known at or after a certain point, the oldest first.
        var shifts: [ShiftObserver.Found] = []
    }

    /// A place in a series.
    private struct Place {
        var startedAt = ""
        var runID = ""
        var position: Int64 = -1
    }

    /// What is known of a series up to the run of an identifier at a moment; nil for a value that is not finite.
    ///
    /// - Parameter shown: the newest so many points, whose shifts are asked for.
    static func known(
        of seriesID: Int64, to end: String, runID: String, shown: Int, in database: Database
    ) throws -> Known? {
        let (state, place) = try newest(of: seriesID, to: end, runID: runID, in: database)
        var known = Known(observer: ShiftObserver(state), count: state.count)
        let values = try Double.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT value FROM measurements
                    WHERE series_id = ?1 AND (started_at, run_id, position) > (?2, ?3, ?4)
                        AND (started_at, run_id) <= (?5, ?6) AND artifact IS NOT NULL
                    ORDER BY started_at, run_id, position
                    """), arguments: [seriesID, place.startedAt, place.runID, place.position, end, runID])
        guard let found = known.observer.add(values) else { return nil }
        known.count += values.count
        // A shift is never known before it happens.
        let kept = try shifts(of: seriesID, from: known.count - shown, below: state.count, in: database)
        known.shifts = kept + found
        return known
    }

    /// Keeps what is known of series after every so many points; those that have no more of them are left alone.
    ///
    /// Must run inside a write transaction. A value that is not finite ends what is kept; whoever asks for it hears of it.
    static func advance(_ seriesIDs: some Sequence<Int64>, in database: Database) throws {
        for seriesID in seriesIDs {
            let (state, place) = try newest(of: seriesID, to: "\u{7F}", runID: "", in: database)
            let isDue = try Bool.fetchOne(
                database.cachedStatement(sql: "SELECT EXISTS (\(following) LIMIT 1 OFFSET \(spacing - 1))"),
                arguments: [seriesID, place.startedAt, place.runID, place.position])
            guard isDue == true else { continue }
            try advance(seriesID, from: state, place, in: database)
        }
    }

    /// As ``advance(_:in:)``, for all series.
    static func advanceAll(in database: Database) throws {
        try advance(try Int64.fetchAll(database, sql: "SELECT id FROM series ORDER BY id"), in: database)
    }

    /// Whether what is kept of a series is what its points say.
    static func agree(on seriesID: Int64, in database: Database) throws -> Bool {
        var expected = Kept()
        var observer = ShiftObserver()
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: following), arguments: [seriesID, "", "", -1])
        while let row = try rows.next() {
            let value: Double = row[3]
            guard value.isFinite else { break }
            expected.add(observer.add(value), observer, at: place(row))
        }
        let kept = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM trend_states WHERE series_id = ? ORDER BY points"),
            arguments: [seriesID])
        guard let last = kept.last else { return true }
        let (points, states) = (last["points"] as Int, kept.map(Self.state))
        let shifts = try shifts(of: seriesID, from: 0, below: points, in: database)
        // One that a killed process did not come to write is no mistake.
        return states == expected.states.prefix(states.count).map(\.state)
            && shifts == expected.shifts.filter { $0.alarm.known < points }
    }

    // MARK: - Rows

    /// The points of a series behind a place.
    private static let following = """
        SELECT started_at, run_id, position, value FROM measurements
        WHERE series_id = ?1 AND (started_at, run_id, position) > (?2, ?3, ?4) AND artifact IS NOT NULL
        ORDER BY started_at, run_id, position
        """

    /// States and shifts that are to be kept.
    private struct Kept {
        var states: [(state: ShiftObserver.State, place: Place)] = []
        var shifts: [ShiftObserver.Found] = []
        private var waiting: [ShiftObserver.Found] = []

        mutating func add(_ found: ShiftObserver.Found?, _ observer: ShiftObserver, at place: Place) {
            if let found { waiting.append(found) }
            guard observer.isAt(multipleOf: spacing) else { return }
            states.append((observer.state, place))
            shifts += waiting
            waiting = []
        }
    }

    private static func advance(
        _ seriesID: Int64, from state: ShiftObserver.State, _ place: Place, in database: Database
    ) throws {
        var kept = Kept()
        var observer = ShiftObserver(state)
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: following),
            arguments: [seriesID, place.startedAt, place.runID, place.position])
        while let row = try rows.next() {
            let value: Double = row[3]
            guard value.isFinite else { break }
            kept.add(observer.add(value), observer, at: Self.place(row))
        }
        // What was left over when states went.
        try database.cachedStatement(sql: "DELETE FROM trend_shifts WHERE series_id = ? AND known >= ?").execute(
            arguments: [seriesID, state.count])
        for found in kept.shifts {
            // Squares beyond all numbers are no state to go on from.
            guard found.before.squares.isFinite else { return }
            try database.cachedStatement(
                sql: """
                    INSERT INTO trend_shifts (series_id, known, shift, before_count, before_mean, before_squares)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                seriesID, found.alarm.known, found.alarm.shift, found.before.count, found.before.mean,
                found.before.squares,
            ])
        }
        for (state, place) in kept.states {
            guard state.older.squares.isFinite else { return }
            try database.cachedStatement(
                sql: """
                    INSERT INTO trend_states (
                        series_id, started_at, run_id, position, points, start, equal_count, follows_constant,
                        older_count, older_mean, older_squares, newest)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                seriesID, place.startedAt, place.runID, place.position, state.count, state.start, state.equalCount,
                state.followsConstant, state.older.count, state.older.mean, state.older.squares, bytes(state.newest),
            ])
        }
    }

    /// The newest state of a series up to the run of an identifier at a moment, and its place; before the first point
    /// where there is none.
    private static func newest(
        of seriesID: Int64, to end: String, runID: String, in database: Database
    ) throws -> (ShiftObserver.State, Place) {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT * FROM trend_states WHERE series_id = ?1 AND (started_at, run_id) <= (?2, ?3)
                    ORDER BY started_at DESC, run_id DESC, position DESC LIMIT 1
                    """), arguments: [seriesID, end, runID])
        guard let row else { return (ShiftObserver.State(), Place()) }
        return (
            state(row), Place(startedAt: row["started_at"], runID: row["run_id"], position: row["position"])
        )
    }

    private static func shifts(
        of seriesID: Int64, from first: Int, below end: Int, in database: Database
    ) throws -> [ShiftObserver.Found] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT * FROM trend_shifts WHERE series_id = ? AND known >= ? AND known < ? ORDER BY known"),
            arguments: [seriesID, first, end]
        ).map { row in
            ShiftObserver.Found(
                alarm: ChangePoints.Alarm(shift: row["shift"], known: row["known"]),
                before: Stretch(count: row["before_count"], mean: row["before_mean"], squares: row["before_squares"]))
        }
    }

    private static func place(_ row: Row) -> Place { Place(startedAt: row[0], runID: row[1], position: row[2]) }

    private static func state(_ row: Row) -> ShiftObserver.State {
        var state = ShiftObserver.State()
        state.count = row["points"]
        state.start = row["start"]
        state.equalCount = row["equal_count"]
        state.followsConstant = row["follows_constant"]
        state.older = Stretch(count: row["older_count"], mean: row["older_mean"], squares: row["older_squares"])
        state.newest = values(row["newest"])
        return state
    }

    /// Numbers as bytes, the least significant first.
    private static func bytes(_ values: [Double]) -> Data {
        var data = Data(capacity: 8 * values.count)
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        return data
    }

    private static func values(_ data: Data) -> [Double] {
        data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count / 8 * 8, by: 8).map { offset in
                Double(
                    bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
        }
    }
}
