public import LabCore

/// How much each column of a model's matrices matters, as calibration text has shown it.
///
/// For each matrix: the sums, over the tokens of the text, of the squares of what is multiplied with each column. Their
/// mean weighs the errors of quantization. Kept as sums, matrices of several texts can be added up.
public struct ImportanceMatrix: Sendable, Equatable {
    /// The sums of one tensor.
    public struct Entry: Sendable, Equatable {
        /// The sum of squared inputs of each column; matrix after matrix where the tensor holds several.
        public internal(set) var squares: [Float]
        /// The sum of inputs of each column; nil in files of older tools.
        public internal(set) var values: [Float]?
        /// The number of rows summed up, for each matrix of the tensor.
        public internal(set) var counts: [Int64]

        /// Sums of one tensor.
        ///
        /// - Precondition: a count divides the columns evenly.
        public init(squares: [Float], values: [Float]?, counts: [Int64]) {
            precondition(!counts.isEmpty && squares.count.isMultiple(of: counts.count), "columns of whole matrices")
            self.squares = squares
            self.values = values
            self.counts = counts
        }

        /// The mean square of each column's inputs; 1 throughout a matrix that no row has reached.
        public var importance: [Float] {
            let columns = squares.count / counts.count
            return squares.indices.map { index in
                let count = counts[index / columns]
                return count > 0 ? squares[index] / Float(count) : 1
            }
        }
    }

    /// The sums by tensor name.
    public internal(set) var entries: [String: Entry]
    /// The texts, as the tool that read them named them.
    public internal(set) var datasets: [String]
    /// Windows of text summed up.
    public internal(set) var chunkCount: Int
    /// Tokens of a window; nil in files of older tools, whose counts are windows.
    public internal(set) var chunkTokens: Int?

    /// A matrix of sums.
    public init(entries: [String: Entry], datasets: [String], chunkCount: Int, chunkTokens: Int?) {
        self.entries = entries
        self.datasets = datasets
        self.chunkCount = chunkCount
        self.chunkTokens = chunkTokens
    }

    /// The matrix that a worker's sums make.
    public init(_ sums: [CollectedSums], dataset: String, chunkCount: Int, chunkTokens: Int) {
        self.init(
            entries: Dictionary(
                sums.map { ($0.name, Entry(squares: $0.squares, values: $0.values, counts: [$0.rowCount])) },
                uniquingKeysWith: { _, last in last }),
            datasets: [dataset], chunkCount: chunkCount, chunkTokens: chunkTokens)
    }

    /// The sums as a worker takes them back.
    public var sums: [CollectedSums] {
        entries.sorted { $0.key < $1.key }.map { name, entry in
            CollectedSums(
                name: name, rowCount: entry.counts[0], squares: entry.squares,
                values: entry.values ?? Array(repeating: 0, count: entry.squares.count))
        }
    }

    /// Adds the sums of another matrix of the same model.
    ///
    /// Throws ``QuantizationError`` that names the tensor in which they differ.
    public mutating func add(_ other: ImportanceMatrix) throws {
        let tokens = chunkTokens ?? other.chunkTokens ?? Self.usualChunkTokens
        self = scaled(toChunksOf: tokens)
        for (name, addition) in other.scaled(toChunksOf: tokens).entries {
            guard var sum = entries[name] else {
                entries[name] = addition
                continue
            }
            guard sum.squares.count == addition.squares.count, sum.counts.count == addition.counts.count else {
                throw QuantizationError(
                    .badImportanceMatrix,
                    "tensor '\(name)' has \(sum.squares.count) columns in one importance matrix and "
                        + "\(addition.squares.count) in another",
                    remedy: "Merge matrices of one model only.")
            }
            for index in sum.squares.indices { sum.squares[index] += addition.squares[index] }
            for index in sum.counts.indices { sum.counts[index] += addition.counts[index] }
            if let values = sum.values, let more = addition.values {
                sum.values = zip(values, more).map(+)
            } else {
                sum.values = nil
            }
            entries[name] = sum
        }
        datasets += other.datasets
        chunkCount += other.chunkCount
    }

    /// The tokens of a window where a file does not say.
    static let usualChunkTokens = 512

    /// The same with counts in tokens, where they are in windows.
    func scaled(toChunksOf tokens: Int) -> ImportanceMatrix {
        guard chunkTokens == nil else { return self }
        var scaled = self
        scaled.chunkTokens = tokens
        scaled.entries = entries.mapValues { entry in
            Entry(
                squares: entry.squares.map { $0 * Float(tokens) }, values: nil,
                counts: entry.counts.map { $0 * Int64(tokens) })
        }
        return scaled
    }
}
