import LabCore
import Testing

/// A model of 1000 block weights and 200 output weights at a byte each, 8 bytes of keys and values and 6 operations of
/// attention for each position.
private let cost = ModelCost(
    weightBytes: 1200, blockWeights: 1000, outputWeights: 200, cacheBytesPerPosition: 8,
    attentionOperationsPerPosition: 6, mainType: "Q8_0")

@Suite("Roofline")
struct RooflineTests {
    @Test("bytes and operations of a token, by hand")
    func decode() {
        #expect(cost.decodeBytes(positions: 100) == 2000)  // 1200 + 8 x 100
        #expect(cost.decodeBytes(positions: 100, sequences: 4) == 4400)  // weights once: 1200 + 4 x 800
        #expect(cost.decodeOperations(positions: 100) == 3000)  // 2 x 1200 + 6 x 100
        #expect(cost.decodeOperations(positions: 100, sequences: 4) == 12_000)
    }

    @Test("bytes and operations of a prompt, by hand")
    func prefill() {
        // 2 x 1000 x 4 + 2 x 200 (the last token's logits) + 6 x (4 x 10 + 1 + 2 + 3 + 4).
        #expect(cost.prefillOperations(tokens: 4, depth: 10) == 8000 + 400 + 300)
        #expect(cost.prefillBytes(tokens: 4, depth: 10) == 1200 + 8 * 14)
        // 600 tokens go through the engine in two parts, of 512 and 88.
        #expect(cost.prefillBytes(tokens: 600, depth: 0) == 2 * 1200 + 8 * (512 + 600))
    }

    @Test("the slower of reading and multiplying bounds, and the mean step of several is in the middle")
    func bounds() throws {
        let reading = try #require(Roofline(cost: cost, bytesPerSecond: 1000, operationsPerSecond: 1e9))
        // Three steps from 98 positions on attend to 99, 100 and 101.
        #expect(reading.decode(tokens: 3, depth: 98) == Roofline.Bound(by: .memory, seconds: 2))
        let multiplying = try #require(Roofline(cost: cost, bytesPerSecond: 1e9, operationsPerSecond: 1000))
        #expect(multiplying.decode(tokens: 3, depth: 98) == Roofline.Bound(by: .matrices, seconds: 3))
        #expect(multiplying.prefill(tokens: 4, depth: 10) == Roofline.Bound(by: .matrices, seconds: 8.7))
        #expect(Roofline(cost: cost, bytesPerSecond: 0, operationsPerSecond: 1) == nil)
        #expect(Roofline(cost: cost, bytesPerSecond: .infinity, operationsPerSecond: 1) == nil)
    }
}

@Suite("Estimates of time")
struct SpeedEstimateTests {
    @Test("the point it learned from takes what it took, and twice the operations take twice as long")
    func learned() throws {
        let estimate = try #require(
            SpeedEstimate(
                cost: cost, depth: 0, sequences: 1, prefillTokens: 4, decodeTokens: 1, prefillSeconds: 8.46,
                stepSeconds: 12.08))
        // A prompt has 8000 + 400 + 60 operations: a thousandth of a second each. A step reads 1208 bytes: 0.01 s each.
        let once = estimate.seconds(depth: 0, sequences: 1, prefillTokens: 4, decodeTokens: 1, repetitions: 1)
        #expect(abs(once - (8.46 + 12.08)) < 1e-9)
        let thrice = estimate.seconds(depth: 0, sequences: 1, prefillTokens: 4, decodeTokens: 1, repetitions: 3)
        #expect(abs(thrice - 3 * once) < 1e-9)
    }

    @Test("depth is filled once, and many sequences are bound by their operations")
    func deep() throws {
        let estimate = try #require(
            SpeedEstimate(
                cost: cost, depth: 0, sequences: 1, prefillTokens: 4, decodeTokens: 1, prefillSeconds: 8.46,
                stepSeconds: 12.08))
        // 10 tokens: 20,000 + 400 + 6 x 55; a prompt on them: 8000 + 400 + 300; a step: 1200 + 8 x 11 bytes.
        let deep = estimate.seconds(depth: 10, sequences: 1, prefillTokens: 4, decodeTokens: 1, repetitions: 2)
        #expect(abs(deep - (20.73 + 2 * (8.7 + 12.88))) < 1e-9)
        // 100 sequences: 100 x 2406 operations take longer than 1200 + 800 bytes.
        let wide = estimate.seconds(depth: 0, sequences: 100, prefillTokens: 4, decodeTokens: 1, repetitions: 1)
        #expect(abs(wide - (846 + 240.6)) < 1e-9)
        #expect(
            SpeedEstimate(
                cost: cost, depth: 0, sequences: 1, prefillTokens: 4, decodeTokens: 1, prefillSeconds: 0,
                stepSeconds: 1) == nil)
    }
}
