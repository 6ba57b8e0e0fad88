import LabCore

/// A data set that the lab knows by name: where its home is, and what its file must be.
struct PublishedDataset: Sendable {
    /// Where a file comes from.
    enum Home: Sendable {
        /// An entry of an archive in a repository of data sets.
        case archive(repository: String, file: String, entry: String)
        /// A file of a repository at GitHub: owner, name, revision and path.
        case github(String)
    }

    /// The name, in small letters.
    let name: String
    /// The digest of the file.
    let sha256: Digest
    /// Where it comes from.
    let home: Home

    /// The file's own name.
    var fileName: String {
        switch home {
        case .archive(_, _, let path), .github(let path): path.split(separator: "/").last.map(String.init) ?? path
        }
    }

    private init?(_ name: String, _ sha256: String, _ home: Home) {
        guard let digest = Digest(hex: sha256) else { return nil }
        self.name = name
        self.sha256 = digest
        self.home = home
    }

    private static func wikitext(_ name: String, _ file: String, _ sha256: String) -> PublishedDataset? {
        PublishedDataset(
            name, sha256,
            .archive(
                repository: "ggml-org/ci", file: "wikitext-2-raw-v1.zip", entry: "wikitext-2-raw/wiki.\(file).raw"))
    }

    private static func mgsm(_ language: String, _ sha256: String) -> PublishedDataset? {
        PublishedDataset(
            "mgsm-\(language)", sha256, .github("google-research/url-nlp/main/mgsm/mgsm_\(language).tsv"))
    }

    /// All of them. The digests were computed from the official files.
    static let all: [PublishedDataset] = [
        wikitext("wikitext2", "test", "173c87a53759e0201f33e0ccf978e510c2042d7f2cb78229d9a50d79b9e7dd08"),
        wikitext("wikitext2-validation", "valid", "4cd0f6876d07a413aa911261ff6d363c72d757d47f0fdd6015702014c89cb9c7"),
        PublishedDataset(
            "gsm8k", "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
            .github("openai/grade-school-math/master/grade_school_math/data/test.jsonl")),
        mgsm("bn", "6b00bc7cc635547e866989284afa924d789b5affa2eb8de623c385dd943ad977"),
        mgsm("de", "4dfea30fede44b813e2e496f5f0534049e83c7cc8aed6e00600b30ec62053626"),
        mgsm("en", "50021d0f28cc957edcb44e7806425b1c7fbd648ddcb9e0a8ec689d10e57d40fa"),
        mgsm("es", "5bd27ebdf00140cec845c5298dc17715f5cd57d8edda6df1976db40bf3f0750a"),
        mgsm("fr", "36207c1c03fd7cd3ea491441eb755408199f94e4a647851df531bbaedc99d606"),
        mgsm("ja", "59a2b50debe77981fd784cb3b2bef1505e3abf2a37116dc9d7a366ab029b4637"),
        mgsm("ru", "6bd30fd2e80c5bac23f566fb4ae0e6a55a19578401fbf9a01fb21beb3645fef8"),
        mgsm("sw", "2bac828d77229e65d7c7197b1ad4a2cb5b1fe99b163f2cbdd66501de6a2115c4"),
        mgsm("te", "dd6b1452c244bb2e4ba254c01ea84137f80c1cefc57d69c23b0ed88b9c0f36b7"),
        mgsm("th", "f3932dc5ad8e9d0ea82b017adc1e1461dd647af861e7166d6741986602a0cfd6"),
        mgsm("zh", "b2fa63151022370a0de1f4211c8c284eae74b0f5a3b003b1d5982c0d4a73f661"),
    ].compactMap { $0 }
}
