import ArgumentParser
import Foundation
import LabCore
import LabRunner

/// Scores one file without history or gates: what comparisons with other tools are made from.
struct PerplexityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity", abstract: "The perplexity of one GGUF file on a text, as JSON.", shouldDisplay: false
    )

    @Option(help: "The GGUF file.")
    var artifact: String

    @OptionGroup var options: TextOptions

    private struct Answer: Encodable {
        let perplexity: Double
        let chunks: Int
        /// Mean negative log-likelihood of each chunk's scored tokens.
        let meanNats: [Double]
        let seconds: Double
    }

    func run() throws {
        let (scores, seconds) = try timed { try ArtifactWorker(artifact, on: options).score() }
        guard let estimate = Perplexity.estimate(scores) else {
            throw RunnerError("\(artifact) gives no finite perplexity on \(options.text)")
        }
        let answer = Answer(
            perplexity: estimate.value, chunks: scores.count, meanNats: scores.map(\.meanNats), seconds: seconds)
        print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
    }
}
