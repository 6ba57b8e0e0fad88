/// How a sequential gate fares on a population whose verdict is known, over many random orders.
package struct SequentialSimulation: Sendable {
    /// Orders tried.
    package let shuffles: Int
    /// Orders in which the gate's verdict was not that of the whole population.
    package let disagreements: Int
    /// Values used, one entry for each order, ascending.
    package let counts: [Int]
    /// N.
    package let populationSize: Int

    /// Runs the gate of a design over `shuffles` random orders of `values`.
    ///
    /// - Parameters:
    ///   - values: the whole population; finite, as many as the design says.
    ///   - shuffles: at least 1.
    ///   - seed: decides the orders.
    package init(values: [Double], design: SequentialGate.Design, shuffles: Int, seed: Digest) {
        precondition(shuffles > 0 && design.isSound && values.count == design.populationSize, "a sound population")
        let above = values.reduce(0) { $0 + ($1 - design.limit) }
        let isInside = design.polarity == .lowerIsBetter ? above < 0 : above > 0
        let truth = isInside ? SequentialGate.Decision.pass : .fail
        var generator = Xoshiro256(seed: seed)
        var disagreements = 0
        var counts: [Int] = []
        for _ in 0..<shuffles {
            var gate = SequentialGate(design)
            for index in RandomOrder.permutation(count: values.count, using: &generator) {
                gate.observe(values[index])
                if gate.decision != .undecided { break }
            }
            if gate.decision != truth { disagreements += 1 }
            counts.append(gate.count)
        }
        self.shuffles = shuffles
        self.disagreements = disagreements
        self.counts = counts.sorted()
        populationSize = values.count
    }

    /// The share of orders with a wrong verdict.
    package var disagreement: Double { Double(disagreements) / Double(shuffles) }

    /// The upper limit of the probability of a wrong verdict, one-sided at 99 %, by Clopper and Pearson.
    package var disagreementLimit: Double? {
        Binomial.clopperPearson(disagreements, trials: shuffles, level: 0.98)?.high
    }

    /// The share of the population that was used in the given share of the orders, at most.
    package func shareUsed(at probability: Double) -> Double? {
        Quantile.of(counts.map(Double.init), at: probability).map { $0 / Double(populationSize) }
    }
}

/// Per-chunk results of full runs, as `./lab prove sequential record` keeps them.
package struct RecordedDifferences: Sendable, Decodable {
    /// One chunk, scored by the parent and by each candidate.
    package struct Chunk: Sendable, Decodable {
        /// Position in the text, from 0.
        package let index: Int
        /// Digest of the chunk's tokens.
        package let sample: Digest
        /// Mean NLL of the parent over the chunk's scored tokens, nats per token.
        package let parent: Double
        /// The same of each candidate, by recipe.
        package let candidates: [String: Double]
    }

    /// Chunks in the text's order.
    package let chunks: [Chunk]

    /// Recipes that were measured on every chunk, alphabetically.
    package var recipes: [String] {
        (chunks.first?.candidates.keys.sorted() ?? []).filter { recipe in
            chunks.allSatisfy { $0.candidates[recipe] != nil }
        }
    }

    /// NLL_candidate - NLL_parent of the chunks that were measured.
    package func differences(_ recipe: String) -> [Double] {
        chunks.compactMap { chunk in chunk.candidates[recipe].map { $0 - chunk.parent } }
    }
}
