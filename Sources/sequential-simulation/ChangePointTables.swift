import Foundation
import LabCore

/// False alarms and delays of the change points that `lab history trend` tells: the tables of docs/history.md.
enum ChangePointTables {
    /// The most runs, half of the time, until a shift is known, by its size in standard deviations: what docs/history.md
    /// promises.
    private static let medianDelays: [Double: Int] = [1: 26, 2: 7, 3: 4, 5: 2, 100: 2]
    /// The most shifts in 100 that are not known within 300 runs, by their size.
    private static let missedPercent: [Double: Double] = [1: 22, 2: 0.1]

    /// Prints the tables; false where Gaussian noise gives more than one false alarm in 1,000 points, or a shift is known
    /// later than promised.
    static func print(seed: String, points: Int = 500_000, series: Int = 10_000) -> Bool {
        var noise = Noise(seed: Digest(of: seed))
        var isSound = true
        Swift.print("points in a series   false alarms in 1,000 points   series with one")
        for length in [50, 200, 500, 2000] {
            let result = alarms(points: points, length: length) { noise.gauss() }
            isSound = isSound && result.rate <= 1
            Swift.print(String(format: "%18d   %28.2f   %13.1f %%", length, result.rate, 100 * result.share))
        }
        Swift.print("\nnoise, series of 500                    false alarms in 1,000 points")
        var before = 0.0
        let others: [(String, () -> Double)] = [
            ("Student's t, 3 degrees of freedom", { noise.student3() }),
            ("Laplace", { (noise.uniform() < 0.5 ? -1 : 1) * noise.exponential() }),
            ("uniform", { noise.uniform() }), ("exponential", { noise.exponential() }),
            ("Gaussian, 1 % outliers of 20", { noise.gauss() + (noise.uniform() < 0.01 ? 20 : 0) }),
            ("Gaussian, 1 % outliers of 1,000", { noise.gauss() + (noise.uniform() < 0.01 ? 1000 : 0) }),
            ("rounded to 0.1", { (10 * noise.gauss()).rounded() / 10 }),
            ("rounded to 1", { noise.gauss().rounded() }),
            (
                "correlation of 0.3 from run to run",
                {
                    before = 0.3 * before + noise.gauss()
                    return before
                }
            ),
        ]
        for (name, draw) in others {
            let rate = String(format: "%.2f", alarms(points: points, length: 500, draw).rate)
            Swift.print(name.padding(toLength: 40, withPad: " ", startingAt: 0) + rate)
        }
        Swift.print("\nshift after 20 points   mean delay   median   90 %   not within 300 runs")
        for sigmas in [1.0, 2, 3, 5, 100] {
            var delays: [Int] = []
            var missed = 0
            for _ in 0..<series {
                let values = (0..<320).map { noise.gauss() + ($0 < 20 ? 0 : sigmas) }
                let found = ChangePoints.alarms(in: values) ?? []
                // A false alarm before the shift says nothing of the delay.
                if found.contains(where: { $0.known < 20 }) { continue }
                if let first = found.first { delays.append(first.known - 19) } else { missed += 1 }
            }
            delays.sort()
            let share = 100 * Double(missed) / Double(max(1, missed + delays.count))
            guard !delays.isEmpty else {
                Swift.print(String(format: "%15.0f sigma   never known", sigmas))
                isSound = false
                continue
            }
            let isSoon = delays[delays.count / 2] <= medianDelays[sigmas] ?? 0 && share <= missedPercent[sigmas] ?? 0
            isSound = isSound && isSoon
            let mean = Double(delays.reduce(0, +)) / Double(delays.count)
            Swift.print(
                String(
                    format: "%15.0f sigma   %10.1f   %6d   %4d   %17.1f %%", sigmas, mean, delays[delays.count / 2],
                    delays[delays.count * 9 / 10], share) + (isSoon ? "" : "   later than promised"))
        }
        return isSound
    }

    private static func alarms(points: Int, length: Int, _ draw: () -> Double) -> (rate: Double, share: Double) {
        let series = max(1, points / length)
        var (alarms, any) = (0, 0)
        for _ in 0..<series {
            let count = ChangePoints.alarms(in: (0..<length).map { _ in draw() })?.count ?? 0
            alarms += count
            any += count > 0 ? 1 : 0
        }
        return (1000 * Double(alarms) / Double(series * length), Double(any) / Double(series))
    }
}

/// Random numbers of several distributions.
private struct Noise {
    private var generator: Xoshiro256

    init(seed: Digest) { generator = Xoshiro256(seed: seed) }

    mutating func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 }

    mutating func exponential() -> Double { -log(1 - uniform()) }

    /// Standard deviation 1, by Box and Muller.
    mutating func gauss() -> Double { (2 * exponential()).squareRoot() * cos(2 * .pi * uniform()) }

    mutating func student3() -> Double {
        let squares = (0..<3).map { _ in gauss() }.reduce(0) { $0 + $1 * $1 }
        return gauss() / (squares / 3).squareRoot()
    }
}
