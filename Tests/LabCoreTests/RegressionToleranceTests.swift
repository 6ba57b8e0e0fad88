import LabCore
import Testing

@Suite("Regression tolerance")
struct RegressionToleranceTests {
    @Test("the larger of share and amount is allowed; a share of nothing is no tolerance")
    func allowed() throws {
        let both = RegressionTolerance(metric: "kl_mean", relativePercent: 10, absolute: 0.001)
        #expect(abs(try #require(both.allowed(reference: 0.05)) - 0.005) < 1e-15)
        #expect(both.allowed(reference: 0.001) == 0.001)
        #expect(both.allowed(reference: 0) == 0.001)
        let share = RegressionTolerance(metric: "perplexity", relativePercent: 1, absolute: nil)
        #expect(share.allowed(reference: -20) == 0.2)
        #expect(share.allowed(reference: 0) == nil)
    }

    @Test("the last word on a metric counts, and one for an evaluation holds there alone")
    func order() {
        let usual = RegressionTolerance(metric: "perplexity", relativePercent: 1, absolute: nil)
        let own = RegressionTolerance(evaluation: "long", metric: "perplexity", relativePercent: 3, absolute: nil)
        #expect([usual, own].tolerance(of: "perplexity", in: "long") == own)
        #expect([usual, own].tolerance(of: "perplexity", in: "short") == usual)
        #expect([own, usual].tolerance(of: "perplexity", in: "long") == usual)
        #expect([usual].tolerance(of: "kl_mean", in: "long") == nil)
    }
}
