import Testing

/// Digests of whole artifacts that llama.cpp's own tools make from ``TinyCheckpoint``.
///
/// Written by `convert_hf_to_gguf.py` (with `get_vocab_base_pre` answering "qwen2") and `llama-quantize` of build
/// b11434 on x86-64 Linux, from the directories that the test "the checkpoints are written for the peers" writes.
enum PeerGoldens {
    struct Golden: Sendable, CustomTestStringConvertible {
        let directory: String
        let recipe: String
        let sha256: String
        var testDescription: String { "\(directory) \(recipe)" }
    }

    static let directories: [String: TinyCheckpoint] = [
        "Tiny-Even-1M": TinyCheckpoint(), "tiny-uneven-instruct": .uneven,
        "Tiny-F32-1M": TinyCheckpoint(scalarType: .float32),
    ]

    static let floats = [
        golden("Tiny-Even-1M", "BF16", "f306edfdbb2de2ae85032e20b8ae1b3846b6a92d88b8e43ac4bc6ce797f4c4d6"),
        golden("Tiny-Even-1M", "F16", "39c74248c3eb69ede78ee102f76abf1fca0f82c8f1ac2d3523d879f243537fe0"),
        golden("Tiny-Even-1M", "F32", "bda837254309a458f37620c15b3d398620240bbc16dcc47718b0dcac169cab1e"),
        golden("tiny-uneven-instruct", "BF16", "0610a09509777b53011103e47d43b8585be3246229e335abff3d20f099c8818b"),
        golden("tiny-uneven-instruct", "F16", "a46141e00d187a595296f4584abc7a902ea15bc4b826f674fd17ca4edc01394b"),
        golden("tiny-uneven-instruct", "F32", "ecde65b10d463bf4192d0de3ac514023a82e2332820b069d068b3c2c10a68a29"),
        golden("Tiny-F32-1M", "BF16", "6f1924bb8da6f28914a501b211e938b45368422c2d346f3112386aabb76edc8d"),
        golden("Tiny-F32-1M", "F16", "61327ec1613f90349831a183861b0025223670826c9a2d4a3dc10bf8bd468a22"),
        golden("Tiny-F32-1M", "F32", "56998269ec610f428a1395808ce0fd25ae07a5d0795fe4931c251076b4b04441"),
    ]

    static let blocks = [
        golden("Tiny-Even-1M", "Q8_0", "f8bf1784fed5937e458eb5f1c1c15cb1468204c4035bad2f3568fd15f93dc8ec"),
        golden("Tiny-Even-1M", "Q6_K", "709c24dccc551ce8e6e001f3dc82b10c8cacbc90db6c1905de7bb51ce8562833"),
        golden("Tiny-Even-1M", "Q4_K_M", "3d81ff23558b33759323dfb5f0540576fae09b4b4d3218c8199b7384fa2e778c"),
        golden("Tiny-Even-1M", "Q3_K_M", "42461189fa3f588ccb6d33002cf1d8a5dd8d328b9575662dcf9b3acd221e17f3"),
        golden("Tiny-Even-1M", "Q2_K", "f05f2c47405c94ca80fc77afa05c72a4e12893fbac4eee103483a93df144e207"),
        golden("tiny-uneven-instruct", "Q8_0", "f6cdf8e760abcce021c8469d7a8c97e80b077d66a0e1bf3bcb62a34c8c3a2172"),
        golden("tiny-uneven-instruct", "Q6_K", "e72d665c1647e83aef86588ebc8dcc0d547bed00fad3cbfda84a2d6f3e1301be"),
        golden("tiny-uneven-instruct", "Q4_K_M", "246a621550c6b0dd957f32c3371f6520513a35c9a4a7e2a4be49220e1685916b"),
        golden("tiny-uneven-instruct", "Q3_K_M", "9e2173c224314227a18444dabcf8a6cff45a5a2b264be822c3c6bbf45e668b49"),
        golden("tiny-uneven-instruct", "Q2_K", "9c93b104709cd1516ae4cad80566b37d15cc267fc09495c42ea677e066dd7932"),
        golden("Tiny-F32-1M", "Q8_0", "fb0b61747253aa251eccb992bd48e6f04d0b2ff65cce89d8910fe6952f0c95e9"),
        golden("Tiny-F32-1M", "Q6_K", "ded389fcb5893b9b2b7bba22543571be8840f013026d8c1e4491141bb17cb413"),
        golden("Tiny-F32-1M", "Q4_K_M", "1443aa79f8f9057d409c50df01db7b4d04039cc62f52ce20df9b1ad073a9118b"),
        golden("Tiny-F32-1M", "Q3_K_M", "b163c8bdba46008edb0976ae14b9c5671183e100baa9d636510bc184edd4239d"),
        golden("Tiny-F32-1M", "Q2_K", "0adeba3569b74944c17797151f825d5bca82d28824f3c1f1c94b5ae388e26f14"),
    ]

    private static func golden(_ directory: String, _ recipe: String, _ sha256: String) -> Golden {
        Golden(directory: directory, recipe: recipe, sha256: sha256)
    }

    /// The searches of the K-quants compare floats; a compiler that fuses multiply and add decides ties otherwise.
    static let isComparableMachine: Bool = {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }()

    static let why: Comment =
        "needs x86-64: the peers ran there, and other machines round the codecs' searches otherwise"
}
