public import Foundation

/// What a serving worker tells of one request.
public enum ServedEvent: Sendable, Hashable, Codable {
    /// It has a slot; its prompt has so many tokens.
    case started(promptTokens: Int)
    /// The prompt's tokens with their log-probabilities, those that were asked for.
    case prompt([ServedToken])
    /// More of the answer.
    case text(ServedText)
    /// More of a tool call.
    case call(ServedCall)
    /// Tokens of the answer with their log-probabilities, where they were asked for.
    case tokens([ServedToken])
    /// The answer is whole; closes the request.
    case finished(ServedFinish)
    /// It cannot be answered; closes the request.
    case failed(ServedFailure)
}

/// A piece of an answer.
public struct ServedText: Sendable, Hashable, Codable {
    /// What a piece is part of.
    public enum Part: UInt8, Sendable, Codable {
        /// What is said.
        case content = 0
        /// What is thought before.
        case thought = 1
    }

    /// What it is part of.
    public var part: Part
    /// Whole characters.
    public var text: String

    /// Creates a piece.
    public init(_ part: Part, _ text: String) {
        self.part = part
        self.text = text
    }
}

/// A piece of a tool call.
public struct ServedCall: Sendable, Hashable, Codable {
    /// Which of the answer's calls, from 0.
    public var index: Int
    /// The tool; nil in a piece that goes on.
    public var name: String?
    /// The model's own name for the call, where it gives one.
    public var identifier: String?
    /// More of the arguments, JSON text.
    public var arguments: String

    /// Creates a piece.
    public init(index: Int, name: String? = nil, identifier: String? = nil, arguments: String) {
        self.index = index
        self.name = name
        self.identifier = identifier
        self.arguments = arguments
    }
}

/// A token with its probability.
public struct ServedToken: Sendable, Hashable, Codable {
    /// One of the likeliest tokens in its place.
    public struct Alternative: Sendable, Hashable, Codable {
        /// Its number.
        public var token: Int32
        /// ln p.
        public var logProbability: Double
        /// Its bytes.
        public var bytes: Data

        /// Creates an alternative.
        public init(token: Int32, logProbability: Double, bytes: Data) {
            self.token = token
            self.logProbability = logProbability
            self.bytes = bytes
        }
    }

    /// Its number.
    public var token: Int32
    /// Its bytes, which may be a part of a character.
    public var bytes: Data
    /// ln p before temperature and all else that sampling does; nil for the first token of a prompt, and where p is 0.
    public var logProbability: Double?
    /// The likeliest tokens, likeliest first.
    public var alternatives: [Alternative]

    /// Creates a token.
    public init(token: Int32, bytes: Data, logProbability: Double?, alternatives: [Alternative]) {
        self.token = token
        self.bytes = bytes
        self.logProbability = logProbability
        self.alternatives = alternatives
    }
}

/// How an answer ended.
public struct ServedFinish: Sendable, Hashable, Codable {
    /// Why.
    public enum Reason: String, Sendable, Codable {
        /// The model ended it, or a text that ends it was written.
        case stop
        /// The limit of tokens was reached, or the context was full.
        case length
        /// Tools are to be called.
        case toolCalls = "tool_calls"
        /// It was given up.
        case cancelled
    }

    /// The end of a request that was given up before it had a slot.
    package static let cancelledBeforeStart = ServedFinish(
        reason: .cancelled, promptTokens: 0, cachedTokens: 0, writtenTokens: 0, firstTokenSeconds: 0, writingSeconds: 0)

    /// Why.
    public var reason: Reason
    /// The text of ``ServedPrompt/stops`` that ended it; nil for another end.
    public var stop: String?
    /// Tokens of the prompt.
    public var promptTokens: Int
    /// Those of them that were in a slot already.
    public var cachedTokens: Int
    /// Tokens written, the one that ended the answer not counted.
    public var writtenTokens: Int
    /// Seconds from the request's arrival until its first token.
    public var firstTokenSeconds: Double
    /// Seconds from then until it was whole.
    public var writingSeconds: Double

    /// Creates an end.
    public init(
        reason: Reason, stop: String? = nil, promptTokens: Int, cachedTokens: Int, writtenTokens: Int,
        firstTokenSeconds: Double, writingSeconds: Double
    ) {
        self.reason = reason
        self.stop = stop
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.writtenTokens = writtenTokens
        self.firstTokenSeconds = firstTokenSeconds
        self.writingSeconds = writingSeconds
    }
}

/// Why a request cannot be answered.
public struct ServedFailure: Sendable, Hashable, Codable, Error {
    /// Whose fault it is.
    public enum Cause: String, Sendable, Codable {
        /// The request asks for what cannot be.
        case request
        /// The prompt has more tokens than the context holds.
        case contextLength = "context_length"
        /// The worker could not do it.
        case worker
    }

    /// Whose fault it is.
    public var cause: Cause
    /// What is wrong.
    public var message: String

    /// Creates a failure.
    public init(_ cause: Cause, _ message: String) {
        self.cause = cause
        self.message = message
    }
}
