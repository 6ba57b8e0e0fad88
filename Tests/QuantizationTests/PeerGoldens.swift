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
        golden("Tiny-Even-1M", "MXFP4_MOE", "b2c9d4cf4369eca051ea6d723fcf6588e4c169342a4275e2ec4527ca6377e9d7"),
        golden("Tiny-Even-1M", "Q6_K", "709c24dccc551ce8e6e001f3dc82b10c8cacbc90db6c1905de7bb51ce8562833"),
        golden("Tiny-Even-1M", "Q5_1", "6d69de12b6bf2652b650dbbfb958dc5aa559e6bc1e990ba100b738a5f413d092"),
        golden("Tiny-Even-1M", "Q5_K_M", "3b7adad8cc64ea427cb5d1a55ab3144a8d12ef639a5d67aed1d33d6bc6bf66cc"),
        golden("Tiny-Even-1M", "Q5_K_S", "102cd717e53f1005e2389f3ae603b5328fec8ea06905c8902d1bfaec01a830c9"),
        golden("Tiny-Even-1M", "Q5_0", "a6f47204e5359ddc8618dd9b11fce40dc1049d8d17c685a68896f7132091d253"),
        golden("Tiny-Even-1M", "Q4_1", "1e05db36686660b06efd3c6efa72f1c4b6e37059e599e49b49d05cff79a5094d"),
        golden("Tiny-Even-1M", "Q4_K_M", "3d81ff23558b33759323dfb5f0540576fae09b4b4d3218c8199b7384fa2e778c"),
        golden("Tiny-Even-1M", "IQ4_NL", "bbe00b5e79791b7dd3d7acff758b14145866ba96ab34cbf41a20f8466ea62ddb"),
        golden("Tiny-Even-1M", "Q4_K_S", "18cf4eb029e4f15fd40cd218f4da769fbb63b65d242e619d1d66e8d404fe8332"),
        golden("Tiny-Even-1M", "Q4_0", "047cd110f9864064f289496806d0b2f42d2e0e512855807111ca95d3b54e5d5d"),
        golden("Tiny-Even-1M", "IQ4_XS", "8bab4f947787e18baa522076ae8d92efcd137879f0ec19d0bda3cc6119e5bc79"),
        golden("Tiny-Even-1M", "Q3_K_L", "7e98898de8db4bdb93ea6267044394a33421a83564c321b30f5690c9e592c438"),
        golden("Tiny-Even-1M", "Q3_K_M", "42461189fa3f588ccb6d33002cf1d8a5dd8d328b9575662dcf9b3acd221e17f3"),
        golden("Tiny-Even-1M", "IQ3_M", "e30c3acb5594520780b019569fbe3ae861284bf471fe3e52daba6421c25d8fa6"),
        golden("Tiny-Even-1M", "IQ3_S", "504663de663fd73765c38ee5247b69498a4bc5945982ae831017f527f570ec34"),
        golden("Tiny-Even-1M", "Q3_K_S", "8b63c91b3614baf357ceffd463ad76e569bd73c3b0459a42a7622a1b0586e270"),
        golden("Tiny-Even-1M", "Q2_K", "f05f2c47405c94ca80fc77afa05c72a4e12893fbac4eee103483a93df144e207"),
        golden("Tiny-Even-1M", "Q2_0", "d00f163658c57de0af85f10ea4fd21c6474e392b538415e465bfb8c716590de8"),
        golden("Tiny-Even-1M", "TQ2_0", "8aad0290d66588926249efce8745b7da238081ddc4a436078699df56cdcd85f4"),
        golden("Tiny-Even-1M", "TQ1_0", "fbc371989ee1cda0ad400ea2fb7eec6d5294c8e9790ef6e5312df7779f30e397"),
        golden("Tiny-Even-1M", "Q1_0", "8aceadeb5d1ebffbceefba4b472fd7a60fd068c3b5cc4a5386b0a399ddc388b2"),
        golden("tiny-uneven-instruct", "Q8_0", "f6cdf8e760abcce021c8469d7a8c97e80b077d66a0e1bf3bcb62a34c8c3a2172"),
        golden("tiny-uneven-instruct", "MXFP4_MOE", "24095e857eafc6e78ab81920cc92c8b3fa8e7bd824d1f0a8d2e9dfdc1760f159"),
        golden("tiny-uneven-instruct", "Q6_K", "e72d665c1647e83aef86588ebc8dcc0d547bed00fad3cbfda84a2d6f3e1301be"),
        golden("tiny-uneven-instruct", "Q5_1", "d70f518606557f002e0b3c35d1336f69c89158ff8d5c5743b8cfa5153230b480"),
        golden("tiny-uneven-instruct", "Q5_K_M", "0bbadf071cf9b5a30acb3423893bb910099881d4c9a2aec9ebc08d8d60041216"),
        golden("tiny-uneven-instruct", "Q5_K_S", "19f52010ff6f443f08f47d72a41e225f2ed6273bf113cd2f69b868992521b6ae"),
        golden("tiny-uneven-instruct", "Q5_0", "2ad431aa5a265f22f17be5c4681e6ceb22d34639a4a66311e1b473ab3de2df2c"),
        golden("tiny-uneven-instruct", "Q4_1", "5b58a284b6e490337ea6dda86bbecec07353eff8d7595772c6e3fb47e3381ab5"),
        golden("tiny-uneven-instruct", "Q4_K_M", "246a621550c6b0dd957f32c3371f6520513a35c9a4a7e2a4be49220e1685916b"),
        golden("tiny-uneven-instruct", "IQ4_NL", "3b0e40c8efd674441d35e36c43a94df0664e35bff25913ca44c77b34f4654bd3"),
        golden("tiny-uneven-instruct", "Q4_K_S", "b2394998e0f459c280324f8a9051691ab47706d0578f5907b4d0bd8044bb3e8d"),
        golden("tiny-uneven-instruct", "Q4_0", "6a1b0c4fc0be21c78ee0cb7d4b2bcfce27cf0cfa20167f1949477f69b71e3e6f"),
        golden("tiny-uneven-instruct", "IQ4_XS", "c7ca9ae0b5695e4821ba81d2a921b32e7a9992934a4094f812c8e26ea668f13f"),
        golden("tiny-uneven-instruct", "Q3_K_L", "31fff3456f54d0a4423be1a03de9aeec8fada4b4e2698f21bc20810abc025b58"),
        golden("tiny-uneven-instruct", "Q3_K_M", "9e2173c224314227a18444dabcf8a6cff45a5a2b264be822c3c6bbf45e668b49"),
        golden("tiny-uneven-instruct", "IQ3_M", "3e8d8480a2b26a800294bf64f2b20dd7f25e468b2de2f852cd9fefae24fcccf8"),
        golden("tiny-uneven-instruct", "IQ3_S", "ff6acbd3e3ead1dd3a5701f646288bc53bc89a5541f7bda1f5e586ec5919488d"),
        golden("tiny-uneven-instruct", "Q3_K_S", "7b636a43bfeb50b56daeb3c3e0518d9328b708dcdad0cbb507745b14a21ecd21"),
        golden("tiny-uneven-instruct", "Q2_K", "9c93b104709cd1516ae4cad80566b37d15cc267fc09495c42ea677e066dd7932"),
        golden("tiny-uneven-instruct", "Q2_0", "aa7040dd10e65dc5cbdfb285ffc02a7880af5544b707e1cce6b391daad924a6d"),
        golden("tiny-uneven-instruct", "TQ2_0", "42ae824c647fb444910a4b5d14e62ffe7034fe44d77620fa12dbce7952e756df"),
        golden("tiny-uneven-instruct", "TQ1_0", "3ce44f6116b1b17102e8129dcd069b51341a216840949a5a9be32cd69d6e832c"),
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
