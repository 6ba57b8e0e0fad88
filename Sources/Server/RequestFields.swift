import LabCore
import ModelFormats

/// The members of a request's body, each checked as it is read.
struct RequestFields {
    private let members: [String: JSONValue]
    /// What the object is called in messages: "" for the body.
    private let path: String

    init(_ value: JSONValue, path: String = "") throws {
        guard case .object(let members) = value else {
            throw APIError.invalid(path.isEmpty ? "the body is no JSON object" : "'\(path)' is no object", path)
        }
        // The last of several wins, as in most readers of JSON.
        self.members = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        self.path = path
    }

    /// Reads a body.
    init(body: [UInt8]) throws {
        let value: JSONValue
        do {
            value = try JSONValue.parse(body, file: "the body")
        } catch let error as FormatError {
            throw APIError.invalid("the body is not JSON: \(error.description)")
        }
        try self.init(value)
    }

    /// A member; nil where it is absent or null.
    subscript(name: String) -> JSONValue? {
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    func name(_ member: String) -> String { path.isEmpty ? member : "\(path).\(member)" }

    func invalid(_ member: String, _ problem: String) -> APIError {
        APIError.invalid("'\(name(member))' \(problem)", name(member))
    }

    func integer(_ member: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let value = self[member] else { return nil }
        guard case .integer(let number) = value else { throw invalid(member, "is no whole number") }
        guard range.contains(number) else {
            throw invalid(member, "is \(number), and must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ member: String, in range: ClosedRange<Double>) throws -> Double? {
        let number: Double
        switch self[member] {
        case nil: return nil
        case .integer(let value): number = Double(value)
        case .number(let value): number = value
        default: throw invalid(member, "is no number")
        }
        guard range.contains(number) else {
            throw invalid(member, "is \(number), and must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func string(_ member: String) throws -> String? {
        guard let value = self[member] else { return nil }
        guard case .string(let text) = value else { throw invalid(member, "is no string") }
        return text
    }

    func bool(_ member: String) throws -> Bool? {
        guard let value = self[member] else { return nil }
        guard case .bool(let flag) = value else { throw invalid(member, "is neither true nor false") }
        return flag
    }

    func array(_ member: String) throws -> [JSONValue]? {
        guard let value = self[member] else { return nil }
        guard case .array(let elements) = value else { throw invalid(member, "is no array") }
        return elements
    }

    func fields(_ member: String) throws -> RequestFields? {
        try self[member].map { try RequestFields($0, path: name(member)) }
    }

    /// A string, or an array of them.
    func strings(_ member: String, atMost most: Int) throws -> [String] {
        let values: [JSONValue]
        switch self[member] {
        case nil: return []
        case .string(let text): values = [.string(text)]
        case .array(let elements): values = elements
        default: throw invalid(member, "is neither a string nor an array of strings")
        }
        guard values.count <= most else { throw invalid(member, "has more than \(most) strings") }
        return try values.map { value in
            guard case .string(let text) = value else { throw invalid(member, "is no array of strings") }
            return text
        }
    }

    /// Refuses members that ask for what this server does not do.
    func refuse(_ names: String...) throws {
        for name in names where self[name] != nil { throw invalid(name, "is not supported by this server") }
    }
}
