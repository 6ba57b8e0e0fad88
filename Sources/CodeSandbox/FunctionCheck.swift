import Foundation

/// Runs functions that a model wrote, and compares what they return.
///
/// The expected results stay in this process: a program is given the arguments alone and hands JSON back, so all it
/// can do for its verdict is to return the right values. A list and a tuple are the same, as in JSON; keys of a
/// dictionary become texts; a set, a generator, NaN, an infinity and any other object have no JSON form and fail.
/// Numbers compare as ``JSONValue/matches(_:)`` says.
public struct FunctionCheck: Sendable {
    private let sandbox: CodeSandbox

    /// Creates a check whose programs run in this sandbox.
    public init(sandbox: CodeSandbox) { self.sandbox = sandbox }

    /// Checks one program; the calling thread waits for it.
    ///
    /// Throws ``SandboxError`` when the cases are no such list, or when the sandbox fails, which is no verdict.
    public func check(code: String?, function: String, cases: String) throws -> FunctionOutcome {
        let cases = try Self.cases(cases)
        guard let code, !code.allSatisfy(\.isWhitespace) else { return .noCode }
        let run = try sandbox.run(code: code, function: function, arguments: cases.map { .list($0.arguments) })
        for (index, item) in cases.enumerated() {
            guard index < run.replies.count else { return Self.outcome(of: run.end, before: index + 1) }
            let call = "\(function)(\(Self.short(item.arguments.map(\.description).joined(separator: ", "))))"
            let place = "case \(index + 1): \(call)"
            switch run.replies[index] {
            case .returned(let value) where value.matches(item.expected): continue
            case .returned(let value):
                let expected = Self.short(item.expected.description)
                return .failed("\(place) returned \(Self.short(value.description)), expected \(expected)")
            case .raised(let error): return .failed("\(place) raised \(Self.short(error))")
            case .unusable(let type, let error):
                return .failed("\(place) returned a value of type \(Self.short(type)): \(Self.short(error))")
            case .failed(let error): return .failed("the program ends with \(Self.short(error))")
            case .missing: return .failed("the program defines no function \(function)")
            case .garbled: return .failed("\(place) gave back something that is no result")
            }
        }
        guard run.replies.count == cases.count else { return .failed("it gave back more results than were asked for") }
        return .passed
    }

    /// Checks programs, many at once; the outcomes are in their order, and the calling thread waits for them.
    ///
    /// Two for each processor of this machine, because a sandbox waits for the kernel while nothing computes: on two
    /// processors, 80 took 2.2 s two at once and 1.4 s four at once.
    ///
    /// Throws what ``check(code:function:cases:)`` throws.
    public func check(_ programs: [FunctionProgram]) throws -> [FunctionOutcome] {
        let work = Work(programs)
        let width = min(programs.count, 2 * ProcessInfo.processInfo.activeProcessorCount)
        let threads = DispatchGroup()
        // Threads of their own: each check keeps its thread waiting, and the kernel ends a sandbox with the thread that
        // started it.
        for _ in 0..<width {
            threads.enter()
            Thread.detachNewThread {
                work.performAll { try check(code: $0.code, function: $0.function, cases: $0.cases) }
                threads.leave()
            }
        }
        threads.wait()
        return try work.result.get()
    }

    private static func outcome(of end: ProgramRun.End, before number: Int) -> FunctionOutcome {
        switch end {
        case .timedOut: .timedOut
        case .flooded: .failed("it gave back more than its limit of output")
        case .exited(let status): .failed("it ended with exit status \(status) before case \(number) had a result")
        case .signalled(let signal): .failed("it was ended by signal \(signal) before case \(number) had a result")
        }
    }

    private static func cases(_ text: String) throws -> [(arguments: [JSONValue], expected: JSONValue)] {
        let shape = "cases must be a JSON list of [argument, expected] with at least one in it"
        do {
            guard case .list(let items) = try JSONParser.parse(text), !items.isEmpty else {
                throw SandboxError(.badCases, shape)
            }
            return try items.map { item in
                guard case .list(var values) = item, values.count >= 2 else { throw SandboxError(.badCases, shape) }
                let expected = values.removeLast()
                return (values, expected)
            }
        } catch let failure as JSONParser.Failure {
            throw SandboxError(.badCases, "\(shape): \(failure)")
        }
    }

    /// One line for a report, from text that a program made up.
    private static func short(_ text: String) -> String {
        let line = String(text.unicodeScalars.map { $0.properties.generalCategory.isPrintable ? Character($0) : " " })
        return line.count <= 200 ? line : line.prefix(199) + "…"
    }
}

extension Unicode.GeneralCategory {
    /// Whether a terminal shows it and does nothing else.
    fileprivate var isPrintable: Bool {
        switch self {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

/// Programs that threads take, and the outcomes that they bring.
private final class Work: @unchecked Sendable {
    private let programs: [FunctionProgram]
    // The lock protects the rest.
    private let lock = NSLock()
    private var taken = 0
    private var outcomes: [FunctionOutcome?]
    private var failure: (any Error)?

    init(_ programs: [FunctionProgram]) {
        self.programs = programs
        outcomes = Array(repeating: nil, count: programs.count)
    }

    var result: Result<[FunctionOutcome], any Error> {
        lock.withLock { failure.map { .failure($0) } ?? .success(outcomes.compactMap { $0 }) }
    }

    /// Checks one program after another, until none is left or one cannot be checked.
    func performAll(_ check: (FunctionProgram) throws -> FunctionOutcome) {
        while let index = next() {
            do {
                let outcome = try check(programs[index])
                lock.withLock { outcomes[index] = outcome }
            } catch {
                stop(with: error)
            }
        }
    }

    func stop(with error: any Error) {
        lock.withLock { failure = failure ?? error }
    }

    private func next() -> Int? {
        lock.withLock {
            guard failure == nil, taken < programs.count else { return nil }
            defer { taken += 1 }
            return taken
        }
    }
}
