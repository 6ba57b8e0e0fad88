import CLlamaChat
import Foundation
import LabCore

/// Owns a model's chat template; its only job besides rendering is to release it.
final class ChatTemplates {
    private let handle: OpaquePointer
    private let path: String

    /// Reads the template of a model, of which the vocabulary is enough.
    init(_ model: Model) throws {
        var error = lab_chat_string()
        guard let handle = lab_chat_templates_create(model.handle, &error) else {
            throw WorkerProblem(
                "the chat template of \(model.path) cannot be used: \(String(taking: error))",
                remedy: "mend chat_template in the checkpoint's tokenizer_config.json and convert it again")
        }
        self.handle = handle
        path = model.path
    }

    deinit { lab_chat_templates_free(handle) }

    /// Makes a conversation ready to be answered; request and result are JSON, as `lab_chat_prepare` has them.
    func prepare(_ request: Data) throws -> Data {
        var result = lab_chat_string()
        var error = lab_chat_string()
        let isPrepared = request.withUnsafeBytes { bytes in
            lab_chat_prepare(
                handle, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count, &result, &error)
        }
        guard isPrepared else { throw ServedFailure(.request, String(taking: error)) }
        return Data(String(taking: result).utf8)
    }

    /// A conversation up to where the answer begins, and how the answer is taken apart.
    func render(_ messages: [ChatMessage], isThinking: Bool?) throws -> (text: String, format: String) {
        let thinking =
            switch isThinking {
            case nil: LAB_CHAT_THINKING_UNSET
            case false: LAB_CHAT_THINKING_OFF
            case true: LAB_CHAT_THINKING_ON
            }
        // The messages' bytes lie one after another, so that they stay in place while the engine reads them.
        let bytes = messages.flatMap { Array($0.role.utf8) + Array($0.content.utf8) }.map { CChar(bitPattern: $0) }
        var prompt = lab_chat_string()
        var format = lab_chat_string()
        var error = lab_chat_string()
        let isRendered = bytes.withUnsafeBufferPointer { buffer in
            // An empty buffer has no address, and the engine copies nothing from it.
            var next = buffer.baseAddress ?? UnsafePointer(bitPattern: 1)
            func take(_ count: Int) -> UnsafePointer<CChar>? {
                defer { next = next?.advanced(by: count) }
                return next
            }
            let parts = messages.map { message in
                let (role, content) = (message.role.utf8.count, message.content.utf8.count)
                return lab_chat_message(
                    role: take(role), role_length: role, content: take(content), content_length: content)
            }
            return lab_chat_render(handle, parts, parts.count, thinking, &prompt, &format, &error)
        }
        guard isRendered else {
            throw WorkerProblem(
                "the chat template of \(path) refuses a conversation: \(String(taking: error))",
                remedy: "see whether it takes such messages, or mend it and convert the checkpoint again")
        }
        return (String(taking: prompt), String(taking: format))
    }
}

/// Owns the engine's parser of answers; its only job besides parsing is to release it.
final class ChatFormat {
    private let handle: OpaquePointer
    /// Texts at which an answer ends although no token says so.
    let stops: [[UInt8]]

    /// A text taken apart.
    struct Parts {
        /// What was thought; nil without a thought.
        var thought: String?
        /// Whether the thought never ends.
        var isThoughtOpen = false
        /// What was said.
        var content: String
        /// Where the content begins in the text's bytes; their count where there is none.
        var contentStart = 0
    }

    /// Takes the form that ``RenderedPrompt/format`` has.
    init(_ text: String) throws {
        var text = text
        var error = lab_chat_string()
        let created = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { lab_chat_format_create($0.baseAddress, $0.count, &error) }
        }
        guard let created else {
            throw WorkerProblem(
                "a prompt's format is none that this worker knows: \(String(taking: error))",
                remedy: "render the prompts again")
        }
        handle = created
        stops = (0..<lab_chat_format_stop_count(created)).compactMap { index in
            lab_chat_format_stop(created, index).map { Array(String(cString: $0).utf8) }
        }.filter { !$0.isEmpty }
    }

    deinit { lab_chat_format_free(handle) }

    /// Takes a text apart, tool calls too; nil when it does not have the form that the template asks for.
    func parseMessage(_ text: [UInt8]) -> ServedMessage? {
        var message = lab_chat_string()
        var error = lab_chat_string()
        let isParsed = text.withUnsafeBytes { bytes in
            // An empty buffer has no address, and the engine reads nothing from it.
            let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress ?? UnsafePointer(bitPattern: 1)
            return lab_chat_parse_message(handle, start, bytes.count, &message, &error)
        }
        defer { lab_chat_string_free(error) }
        guard isParsed else { return nil }
        return try? JSONDecoder().decode(ServedMessage.self, from: Data(String(taking: message).utf8))
    }

    /// Takes a text apart, which may be cut anywhere; nil when it does not have the form that the template asks for.
    func parse(_ text: some Collection<UInt8>) -> Parts? {
        var answer = lab_chat_answer()
        var error = lab_chat_string()
        let isParsed = text.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer {
            lab_chat_parse(handle, $0.baseAddress ?? UnsafePointer(bitPattern: 1), $0.count, &answer, &error)
        }
        defer {
            lab_chat_answer_free(answer)
            lab_chat_string_free(error)
        }
        guard isParsed else { return nil }
        return Parts(
            thought: answer.has_thought ? String(answer.thought) : nil, isThoughtOpen: answer.is_thought_open,
            content: String(answer.content), contentStart: answer.content_start)
    }
}

extension String {
    /// A copy of a text.
    fileprivate init(_ text: lab_chat_string) {
        self.init(
            decoding: UnsafeRawBufferPointer(start: text.bytes, count: text.bytes == nil ? 0 : text.length),
            as: UTF8.self)
    }

    /// A copy of a text, which is released.
    init(taking text: lab_chat_string) {
        self.init(text)
        lab_chat_string_free(text)
    }
}
