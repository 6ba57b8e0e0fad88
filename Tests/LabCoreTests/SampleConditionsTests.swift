import LabCore
import Testing

@Suite("Sample conditions")
struct SampleConditionsTests {
    private let conditions = SampleConditions(
        artifact: Digest(of: "a"), evaluator: "perplexity/1", parameters: ["n_ctx": "512"], engine: "b1-x",
        backend: "cpu", device: "x86_64 AVX2")

    @Test("a parent's key makes another key, and none makes the old one")
    func parent() {
        let sample = Digest(of: "s")
        #expect(conditions.key(sample: sample, parent: nil) == conditions.key(sample: sample))
        #expect(conditions.key(sample: sample, parent: Digest(of: "p")) != conditions.key(sample: sample))
    }

    @Test("what differs is said in words")
    func changes() {
        #expect(conditions.changes(since: conditions).isEmpty)
        var earlier = conditions
        earlier.engine = "b0-y"
        earlier.parameters = ["n_ctx": "256", "kv": "f16"]
        #expect(
            conditions.changes(since: earlier) == [
                "the engine build changed from b0-y to b1-x", "kv changed from f16 to none",
                "n_ctx changed from 256 to 512",
            ])
    }
}
