import CLlama
import CLlamaChat
import Foundation
import LabCore

/// Owns one of the engine's samplers with a grammar; its only job besides choosing is to release it.
final class ConstrainedSampler {
    private let handle: OpaquePointer
    // The grammar's state reads the vocabulary.
    private let model: Model

    /// - Parameter grammar: a JSON object, as `lab_sampler_create` takes it.
    init(_ grammar: Any, _ sampling: ServedSampling, model: Model) throws {
        let settings: [String: Any] = [
            "seed": UInt32(truncatingIfNeeded: sampling.seed), "temperature": sampling.sampling.temperature,
            "top_k": sampling.sampling.topK, "top_p": sampling.sampling.topP, "min_p": sampling.minP,
            "grammar": grammar,
        ]
        let json = try JSONSerialization.data(withJSONObject: settings)
        var error = lab_chat_string()
        let created = json.withUnsafeBytes { bytes in
            lab_sampler_create(
                model.handle, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count, &error)
        }
        guard let created else { throw ServedFailure(.request, "the grammar cannot be used: \(String(taking: error))") }
        handle = created
        self.model = model
    }

    deinit { lab_sampler_free(handle) }

    /// The token that follows a row of the last batch.
    func choose(_ context: Context, row: Int) throws -> llama_token {
        var error = lab_chat_string()
        let token = lab_sampler_choose(handle, context.handle, Int32(row), &error)
        guard token >= 0 else { throw ServedFailure(.worker, "no token fits the grammar: \(String(taking: error))") }
        return token
    }
}
