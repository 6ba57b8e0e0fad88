import Foundation
import LabCore
import Testing

@Suite("Digest")
struct DigestTests {
    // FIPS 180-2, appendix B.
    private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("the digest of 'abc' is the standard's")
    func standardVector() {
        #expect(Digest(of: "abc").hex == abc)
    }

    @Test("bytes in pieces give the digest of the whole")
    func pieces() {
        var hasher = Digest.Hasher()
        hasher.update(Data("a".utf8))
        hasher.update(Data("bc".utf8))
        #expect(hasher.finalize().hex == abc)
    }

    @Test("anything but 64 hexadecimal digits is refused", arguments: ["", "abc", String(repeating: "g", count: 64)])
    func refused(text: String) {
        #expect(Digest(hex: text) == nil)
    }

    @Test("tokens are hashed as four little-endian bytes each")
    func tokens() {
        #expect(Digest(ofTokens: [1, -2]) == Digest(of: Data([1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF])))
    }
}

@Suite("Sample key")
struct SampleKeyTests {
    private let base = SampleConditions(
        artifact: Digest(of: "artifact"), evaluator: "perplexity/1", parameters: ["n_ctx": "512", "kv": "f16"],
        engine: "b1-0", backend: "cpu", device: "x86_64 AVX2")
    private let sample = Digest(of: "sample")

    @Test("the same conditions and sample have the same key")
    func stable() {
        var reordered = base
        reordered.parameters = ["kv": "f16", "n_ctx": "512"]
        #expect(base.key(sample: sample) == reordered.key(sample: sample))
    }

    @Test("every field changes the key")
    func everyFieldCounts() {
        var variants = [base]
        func add(_ change: (inout SampleConditions) -> Void) {
            var variant = base
            change(&variant)
            variants.append(variant)
        }
        add { $0.artifact = Digest(of: "other") }
        add { $0.evaluator = "perplexity/2" }
        add { $0.parameters["n_ctx"] = "1024" }
        add { $0.parameters["extra"] = "1" }
        add { $0.engine = "b2-0" }
        add { $0.backend = "cuda" }
        add { $0.device = "x86_64" }
        add { $0.seed = 0 }
        // Fields must not run together: "b1-0" + "cpu" is not "b1-0c" + "pu".
        add {
            $0.engine = "b1-0c"
            $0.backend = "pu"
        }
        let keys = variants.map { $0.key(sample: sample) } + [base.key(sample: Digest(of: "another sample"))]
        #expect(Set(keys).count == keys.count)
    }
}
