import Reports
import Testing

@Suite struct AxisTests {
    @Test(arguments: [
        (-0.03, 0.051, [-0.04, -0.02, 0, 0.02, 0.04, 0.06], 2),
        (0, 0.12, [0, 0.025, 0.05, 0.075, 0.1, 0.125], 3),
        (0, 5, [0, 1, 2, 3, 4, 5], 0),
        (-0.001, 0.001, [-0.001, -0.0005, 0, 0.0005, 0.001], 4),
        (0, 40, [0, 10, 20, 30, 40], 0),
    ])
    func ticksAreRoundAndCoverTheData(low: Double, high: Double, ticks: [Double], decimals: Int) {
        let axis = Axis(low: low, high: high, from: 200, to: 0)
        #expect(axis.ticks.count == ticks.count)
        for (tick, expected) in zip(axis.ticks, ticks) { #expect(abs(tick - expected) < 1e-12) }
        #expect(axis.decimals == decimals)
        #expect(axis.position(axis.ticks[0]) == 200)
        #expect(abs(axis.position(axis.ticks[ticks.count - 1])) < 1e-9)
    }
}
