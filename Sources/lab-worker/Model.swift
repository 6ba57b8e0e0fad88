import CLlama
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Owns a loaded model; its only job is to release it. Contexts share it.
final class Model {
    let handle: OpaquePointer
    let vocabulary: OpaquePointer
    /// The file.
    let path: String
    /// Whether the weights are there too, not the vocabulary alone.
    let isWhole: Bool

    /// - Parameter path: the file to load in place of the parameters' own.
    init(_ parameters: WorkerRequest.LoadParameters, path: String? = nil, engine: Engine) throws {
        let path = path ?? parameters.path
        // A vocabulary is no matter of devices, some of which serve one process at a time.
        if !parameters.vocabularyOnly { try engine.connect(parameters.backend) }
        // The CPU is no device of this list: it takes what no device does.
        let takesDevices = parameters.backend != "cpu" && !parameters.vocabularyOnly
        let devices = takesDevices ? engine.devices(of: parameters.backend) : []
        var settings = llama_model_default_params()
        settings.vocab_only = parameters.vocabularyOnly
        settings.n_gpu_layers = devices.isEmpty ? 0 : Int32(clamping: parameters.deviceLayers ?? -1)
        if parameters.locksMemory == true { settings.load_mode = LLAMA_LOAD_MODE_MMAP_MLOCK }
        let split = parameters.vocabularyOnly ? [] : parameters.tensorSplit ?? []
        let loaded = try Self.load(path, settings, devices: devices, split: split)
        guard let loaded, let vocabulary = llama_model_get_vocab(loaded) else {
            if let problem = WorkerProblem.noRoom(for: path, on: devices, parameters) { throw problem }
            throw WorkerProblem(
                "the engine cannot load \(path)", remedy: "see the worker's messages above; convert it again"
            )
        }
        handle = loaded
        self.vocabulary = vocabulary
        self.path = path
        isWhole = !parameters.vocabularyOnly
    }

    deinit { llama_model_free(handle) }

    /// Loads a file; nil where the engine cannot.
    ///
    /// - Parameter split: the share of the layers that each device gets; empty for shares by free memory.
    private static func load(
        _ path: String, _ settings: llama_model_params, devices: [ggml_backend_dev_t], split: [Float]
    ) throws -> OpaquePointer? {
        guard split.isEmpty || split.count == devices.count else {
            throw WorkerProblem(
                "--tensor-split has \(split.count) shares, and there are \(devices.count) devices",
                remedy: "name a share for each: "
                    + devices.map { String(cString: ggml_backend_dev_name($0)) }.joined(separator: ", "))
        }
        var settings = settings
        // The engine reads both lists only while it loads, so they need not outlive the call. The first is
        // null-terminated, the second as long as it has devices at most.
        var list: [ggml_backend_dev_t?] = devices + [nil]
        let shares = split + Array(repeating: 0, count: max(0, llama_max_devices() - split.count))
        return list.withUnsafeMutableBufferPointer { list in
            shares.withUnsafeBufferPointer { shares in
                settings.devices = list.baseAddress
                settings.tensor_split = split.isEmpty ? nil : shares.baseAddress
                return llama_model_load_from_file(path, settings)
            }
        }
    }

    var description: WorkerEvent.LoadedModel {
        var text = [CChar](repeating: 0, count: 256)
        llama_model_desc(handle, &text, text.count)
        return WorkerEvent.LoadedModel(
            description: String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
            parameters: Int64(llama_model_n_params(handle)), sizeBytes: Int64(llama_model_size(handle)),
            vocabulary: Int(llama_vocab_n_tokens(vocabulary)))
    }

    /// Token ids of a text.
    ///
    /// - Parameters:
    ///   - parseSpecial: whether special tokens in it are recognised.
    ///   - addSpecial: whether it gets the BOS and EOS that the vocabulary wants around a text.
    func tokenize(_ text: String, parseSpecial: Bool, addSpecial: Bool = true) throws -> [llama_token] {
        var text = text
        return try text.withUTF8 { bytes in
            try bytes.withMemoryRebound(to: CChar.self) { characters in
                // A token covers at least one byte; room for a leading and a closing special token.
                var tokens = [llama_token](repeating: 0, count: characters.count + 2)
                let count = llama_tokenize(
                    vocabulary, characters.baseAddress, Int32(characters.count), &tokens, Int32(tokens.count),
                    addSpecial,
                    parseSpecial)
                guard count >= 0 else { throw WorkerProblem("the text cannot be tokenized") }
                return Array(tokens.prefix(Int(count)))
            }
        }
    }

    /// The bytes of a token, special tokens spelled out.
    func piece(_ token: llama_token) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 64)
        var count = llama_token_to_piece(vocabulary, token, &buffer, Int32(buffer.count), 0, true)
        if count < 0 {
            buffer = [CChar](repeating: 0, count: Int(-count))
            count = llama_token_to_piece(vocabulary, token, &buffer, Int32(buffer.count), 0, true)
        }
        return buffer.prefix(Int(max(0, count))).map(UInt8.init(bitPattern:))
    }

    /// The text of tokens; bytes that are no UTF-8, as where a character is cut, become replacement characters.
    func text(of tokens: some Sequence<llama_token>) -> String {
        String(decoding: tokens.flatMap(piece), as: UTF8.self)
    }

    /// Throws unless another model has the same tokens.
    func requireVocabulary(of other: Model, path: String) throws {
        let count = llama_vocab_n_tokens(vocabulary)
        let otherCount = llama_vocab_n_tokens(other.vocabulary)
        guard count == otherCount else {
            throw WorkerProblem(
                "the artifact has a vocabulary of \(count) tokens, and the parent \(path) one of \(otherCount)",
                remedy: "name the checkpoint's own BF16 file as the parent")
        }
        for token in 0..<count {
            guard let own = llama_vocab_get_text(vocabulary, token),
                let theirs = llama_vocab_get_text(other.vocabulary, token), strcmp(own, theirs) == 0
            else {
                throw WorkerProblem(
                    "the artifact and the parent \(path) have different vocabularies: token \(token) is another",
                    remedy: "name the checkpoint's own BF16 file as the parent")
            }
        }
    }
}

/// Owns an inference context and keeps its model alive, so that the order of release is structural.
final class Context {
    let handle: OpaquePointer
    let model: Model
    let contextLength: Int
    let parallelSequences: Int
    /// Sums up matrix inputs; nil where the context was not made for it.
    let collector: ActivationCollector?

    /// - Parameter microBatch: tokens computed at a time, in place of the parameters' own.
    init(_ parameters: WorkerRequest.LoadParameters, microBatch: Int? = nil, model: Model) throws {
        var settings = llama_context_default_params()
        settings.n_ctx = UInt32(parameters.contextLength * parameters.parallelSequences)
        settings.n_batch = UInt32(parameters.batch ?? max(parameters.contextLength, 512))
        // Calibration takes a window whole: the sums then come in the order of llama-imatrix.
        settings.n_ubatch = parameters.calibrates ? settings.n_batch : UInt32(microBatch ?? parameters.microBatch)
        settings.n_seq_max = UInt32(parameters.parallelSequences)
        settings.kv_unified = parameters.sharesCache ?? false
        settings.n_threads = Int32(parameters.threads)
        settings.n_threads_batch = Int32(parameters.threads)
        let type = try Self.cacheType(parameters.kvType)
        settings.type_k = type
        settings.type_v = type
        settings.flash_attn_type = try Self.flashAttention(parameters.flashAttention)
        settings.no_perf = true
        collector = parameters.calibrates ? ActivationCollector() : nil
        collector?.attach(to: &settings)
        if ggml_is_quantized(type), settings.flash_attn_type == LLAMA_FLASH_ATTN_TYPE_DISABLED {
            throw WorkerProblem(
                "the engine keeps values as \(parameters.kvType) with flash attention alone",
                remedy: "leave --flash-attention at auto, or take --kv-type f16")
        }
        guard let context = llama_init_from_model(model.handle, settings) else {
            throw WorkerProblem(
                "no memory for a context of \(parameters.contextLength) x \(parameters.parallelSequences) tokens",
                remedy: parameters.backend == "cpu"
                    ? "ask for a shorter context or fewer parallel sequences"
                    : "ask for a shorter context, or leave layers to the CPU with --gpu-layers")
        }
        handle = context
        self.model = model
        contextLength = parameters.contextLength
        parallelSequences = parameters.parallelSequences
    }

    deinit { llama_free(handle) }

    private static func cacheType(_ name: String) throws -> ggml_type {
        switch name {
        case "f32": return GGML_TYPE_F32
        case "f16": return GGML_TYPE_F16
        case "bf16": return GGML_TYPE_BF16
        case "q8_0": return GGML_TYPE_Q8_0
        default:
            throw WorkerProblem("unknown key-value cache type '\(name)'", remedy: "use f32, f16, bf16 or q8_0")
        }
    }

    private static func flashAttention(_ name: String) throws -> llama_flash_attn_type {
        switch name {
        case "auto": return LLAMA_FLASH_ATTN_TYPE_AUTO
        case "on": return LLAMA_FLASH_ATTN_TYPE_ENABLED
        case "off": return LLAMA_FLASH_ATTN_TYPE_DISABLED
        default: throw WorkerProblem("unknown flash attention setting '\(name)'", remedy: "use auto, on or off")
        }
    }
}

/// A batch of tokens to decode, refilled for every step.
final class Batch {
    private(set) var raw: llama_batch
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        raw = llama_batch_init(Int32(capacity), 0, 1)
    }

    deinit { llama_batch_free(raw) }

    var count: Int { Int(raw.n_tokens) }

    /// Tokens that it can take on.
    var room: Int { capacity - count }

    var hasRoom: Bool { room > 0 }

    func clear() { raw.n_tokens = 0 }

    /// Appends a token; returns its place in the batch.
    @discardableResult
    func append(_ token: llama_token, position: Int, sequence: Int, wantsLogits: Bool) -> Int {
        precondition(count < capacity, "the batch is full")
        let index = count
        raw.token[index] = token
        raw.pos[index] = llama_pos(position)
        raw.n_seq_id[index] = 1
        raw.seq_id[index]?[0] = llama_seq_id(sequence)
        raw.logits[index] = wantsLogits ? 1 : 0
        raw.n_tokens += 1
        return index
    }

    func decode(in context: Context) throws {
        let status = llama_decode(context.handle, raw)
        guard status == 0 else {
            throw WorkerProblem("the engine could not decode a batch of \(count) tokens (status \(status))")
        }
    }
}
