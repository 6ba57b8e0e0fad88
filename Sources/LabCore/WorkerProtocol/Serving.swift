extension WorkerRequest {
    /// How the artifact that is loaded is served.
    public struct ServeParameters: Sendable, Hashable, Codable {
        /// The most tokens of prompts that one step computes while texts are being written; fewer let those go on more
        /// evenly, more let prompts begin sooner. Default: 512.
        public var promptTokensPerStep: Int

        /// Creates parameters.
        public init(promptTokensPerStep: Int = 512) {
            self.promptTokensPerStep = promptTokensPerStep
        }
    }
}

extension WorkerEvent {
    /// A worker that serves from here on: see ``ServingFrame``.
    public struct ServingStart: Sendable, Hashable, Codable {
        /// Requests that are answered at a time.
        public var slots: Int
        /// Tokens that a prompt and its answer may have together.
        public var contextLength: Int
        /// Whether the artifact has a chat template that can be used.
        public var hasChatTemplate: Bool

        /// Creates a description.
        public init(slots: Int, contextLength: Int, hasChatTemplate: Bool) {
            self.slots = slots
            self.contextLength = contextLength
            self.hasChatTemplate = hasChatTemplate
        }
    }
}

/// What a serving worker is asked: `{"id": 7, "begin": {...}}`, or `{"id": 7}` to give up what it asked for.
public struct ServingRequest: Sendable, Hashable, Codable {
    /// The number that the events carry.
    public var id: UInt32
    /// What to answer; nil to give up the request with this number.
    public var begin: ServedPrompt?

    /// Creates a request.
    public init(id: UInt32, begin: ServedPrompt?) {
        self.id = id
        self.begin = begin
    }
}

/// A prompt to serve, and how.
public struct ServedPrompt: Sendable, Hashable, Codable {
    /// A conversation in OpenAI's form, each part as JSON text, so that the order of keys, which templates show, stays.
    public struct Conversation: Sendable, Hashable, Codable {
        /// The array of messages.
        public var messages: String
        /// The array of tools; nil for none.
        public var tools: String?
        /// "auto", "required" or "none"; nil for "auto".
        public var toolChoice: String?
        /// Whether several tools may be called at once; nil for no.
        public var parallelToolCalls: Bool?
        /// Whether the model thinks first; nil for the template's default.
        public var isThinking: Bool?
        /// An object with further variables of the template; nil for none.
        public var variables: String?

        /// Creates a conversation.
        public init(
            messages: String, tools: String? = nil, toolChoice: String? = nil, parallelToolCalls: Bool? = nil,
            isThinking: Bool? = nil, variables: String? = nil
        ) {
            self.messages = messages
            self.tools = tools
            self.toolChoice = toolChoice
            self.parallelToolCalls = parallelToolCalls
            self.isThinking = isThinking
            self.variables = variables
        }
    }

    /// What is asked.
    public enum Source: Sendable, Hashable, Codable {
        /// Text to go on from; special tokens in it are not recognised.
        case text(String)
        /// Tokens to go on from, as they are.
        case tokens([Int32])
        /// A conversation to answer.
        case conversation(Conversation)
    }

    /// What is asked.
    public var source: Source
    /// Most tokens to write; nil for as many as the context holds; 0 reads the prompt alone.
    public var maximumTokens: Int?
    /// How tokens are chosen.
    public var sampling: ServedSampling
    /// Texts that end the answer and are no part of it.
    public var stops: [String]
    /// A grammar in GBNF that the answer follows; nil for none.
    public var grammar: String?
    /// A JSON schema that the answer follows, as JSON text; nil for none.
    public var schema: String?
    /// How many of the likeliest tokens are told with each token and its log-probability; nil for neither.
    public var alternatives: Int?
    /// The same for the tokens of the prompt.
    public var promptAlternatives: Int?

    /// Creates a prompt.
    public init(
        _ source: Source, maximumTokens: Int? = nil, sampling: ServedSampling = ServedSampling(), stops: [String] = [],
        grammar: String? = nil, schema: String? = nil, alternatives: Int? = nil, promptAlternatives: Int? = nil
    ) {
        self.source = source
        self.maximumTokens = maximumTokens
        self.sampling = sampling
        self.stops = stops
        self.grammar = grammar
        self.schema = schema
        self.alternatives = alternatives
        self.promptAlternatives = promptAlternatives
    }
}

/// How the tokens of a served text are chosen.
public struct ServedSampling: Sendable, Hashable, Codable {
    /// Temperature and the sets that are drawn from.
    public var sampling: Sampling
    /// Tokens with less than this share of the likeliest one's probability are left out; 0 keeps all.
    public var minP: Double
    /// Decides, with the number of tokens before it, what is drawn.
    public var seed: UInt64
    /// Taken from the logit of each token that has been written.
    public var presencePenalty: Double
    /// Taken from it for each time that it has been written.
    public var frequencyPenalty: Double
    /// Divides the logits above 0 of tokens in prompt and text, and multiplies those below; 1 leaves them.
    public var repetitionPenalty: Double
    /// Added to the logits of tokens.
    public var bias: [Int32: Double]
    /// Whether the text goes on where the model would end it.
    public var ignoresEnd: Bool

    /// Creates settings; greedy unless said otherwise.
    public init(
        _ sampling: Sampling = .greedy, minP: Double = 0, seed: UInt64 = 0, presencePenalty: Double = 0,
        frequencyPenalty: Double = 0, repetitionPenalty: Double = 1, bias: [Int32: Double] = [:],
        ignoresEnd: Bool = false
    ) {
        self.sampling = sampling
        self.minP = minP
        self.seed = seed
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.repetitionPenalty = repetitionPenalty
        self.bias = bias
        self.ignoresEnd = ignoresEnd
    }
}
