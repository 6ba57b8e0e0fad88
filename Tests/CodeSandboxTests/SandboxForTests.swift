import CodeSandbox
import Foundation
import Testing

/// The sandbox that the tests share, and what they say where there is none.
enum SandboxForTests {
    static let availability = CodeSandbox.make()

    static let sandbox: CodeSandbox? = {
        guard case .available(let sandbox) = availability else { return nil }
        return sandbox
    }()

    static var isAvailable: Bool { sandbox != nil }

    /// The comment of a test that is skipped.
    static let why: Comment = {
        guard case .unavailable(let reason, let remedy) = availability else { return "" }
        return "NO PROGRAM WAS TRIED: there is no sandbox here, because \(reason). To get one: \(remedy)"
    }()

    /// The sandbox with other limits, or without its filter of system calls.
    static func make(_ limits: SandboxLimits = SandboxLimits(), isFiltered: Bool = true) throws -> CodeSandbox {
        guard case .available(var sandbox) = CodeSandbox.make(limits: limits) else {
            throw SandboxError(.broken, "there is no sandbox")
        }
        if !isFiltered { sandbox.filter = nil }
        return sandbox
    }

    /// What a program says, with one argument.
    static func run(_ code: String, _ argument: JSONValue = .null, in sandbox: CodeSandbox? = nil) throws -> ProgramRun
    {
        try #require(sandbox ?? Self.sandbox).run(code: code, function: "f", arguments: [.list([argument])])
    }

    /// What a program returns; a failed expectation when it returns nothing.
    static func value(_ code: String, _ argument: JSONValue = .null, in sandbox: CodeSandbox? = nil) throws -> JSONValue
    {
        let run = try run(code, argument, in: sandbox)
        guard case .returned(let value)? = run.replies.first else {
            Issue.record("the program returned nothing: \(run)")
            return .null
        }
        return value
    }

    /// The verdict on a program whose function must return "out" to pass.
    static func verdict(_ code: String, _ argument: JSONValue = .null, in sandbox: CodeSandbox? = nil) throws
        -> FunctionOutcome
    {
        try FunctionCheck(sandbox: #require(sandbox ?? Self.sandbox))
            .check(code: code, function: "f", cases: "[[\(argument), \"out\"]]")
    }
}

/// A file outside the sandbox, with a text in it; it is gone with this object.
final class HostFile {
    let url: URL
    static let text = "the secret of the host"

    init(in folder: URL = FileManager.default.temporaryDirectory) throws {
        url = folder.appendingPathComponent("lab-secret-\(UUID().uuidString)")
        try Data(Self.text.utf8).write(to: url)
    }

    var isIntact: Bool { (try? String(contentsOf: url, encoding: .utf8)) == Self.text }

    deinit { try? FileManager.default.removeItem(at: url) }
}
