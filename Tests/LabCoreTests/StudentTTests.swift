import LabCore
import Testing

@Suite("Student's t")
struct StudentTTests {
    // scipy 1.17.1: scipy.stats.t.ppf(p, df)
    @Test(
        "quantiles agree with scipy",
        arguments: [
            (0.975, 1.0, 12.706204736174694), (0.975, 2.0, 4.302652729749462), (0.975, 9.0, 2.262157162798205),
            (0.975, 99.0, 1.9842169515864174), (0.95, 30.0, 1.697260886593957), (0.025, 9.0, -2.2621571627982053),
            (0.5, 7.0, 0.0), (0.999, 4.0, 7.173182219782307),
        ])
    func quantile(probability: Double, degreesOfFreedom: Double, expected: Double) {
        let value = StudentT.quantile(probability, degreesOfFreedom: degreesOfFreedom)
        #expect(abs(value - expected) < 1e-9 * max(1, abs(expected)))
    }
}
