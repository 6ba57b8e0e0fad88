import Foundation
import LabCore
import Testing

@Suite struct ShiftObserverTests {
    /// Uniform noise around levels that shift, with stretches of equal values and an outlier.
    private static func series(seed: UInt64, count: Int) -> [Double] {
        var state = seed
        func uniform() -> Double {
            // Knuth's MMIX generator; any noise will do.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(UInt64(1) << 53)
        }
        return (0..<count).map { index in
            let level = Double(index / 150) * 3
            if (300..<340).contains(index) { return level + 0.5 }
            return index == 90 ? 1000 : level + uniform()
        }
    }

    @Test(arguments: 0..<5)
    func whatIsKeptAndTakenUpAgainGoesOnAsIfNothingHadBeen(seed: UInt64) throws {
        let values = Self.series(seed: seed, count: 700)
        var whole = ShiftObserver()
        let added = whole.add(values)
        let expected = try #require(added)
        #expect(expected.count >= 4)
        for spacing in [1, 7, 128] {
            var observer = ShiftObserver()
            var found: [ShiftObserver.Found] = []
            for (index, value) in values.enumerated() {
                if index % spacing == 0 { observer = ShiftObserver(observer.state) }
                if let one = observer.add(value) { found.append(one) }
            }
            #expect(found == expected)
            #expect(observer.state == whole.state)
            #expect(observer.stretch == whole.stretch)
        }
    }

    @Test func levelsAreThoseOfTheStretches() throws {
        let values = Self.series(seed: 9, count: 700)
        let shifts = try #require(ChangePoints.shifts(in: values))
        let starts = [0] + shifts.map(\.index) + [values.count]
        for (number, shift) in shifts.enumerated() {
            let (before, after) = (
                values[starts[number]..<starts[number + 1]], values[starts[number + 1]..<starts[number + 2]]
            )
            let means = [before, after].map { $0.reduce(0, +) / Double($0.count) }
            #expect(abs(shift.before - means[0]) < 1e-9 && abs(shift.after - means[1]) < 1e-9)
            let squares = zip([before, after], means).map { part, mean in
                part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            }
            let noise = (squares.reduce(0, +) / Double(before.count + after.count - 2)).squareRoot()
            #expect(abs(shift.noise - noise) < 1e-6 * max(1, noise))
        }
    }
}
