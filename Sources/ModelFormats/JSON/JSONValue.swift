/// A JSON document.
///
/// Members keep the order of the file and strings their exact bytes; Foundation's decoders keep neither, and a
/// vocabulary needs both.
public enum JSONValue: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object([JSONMember])
}

/// A name and a value of a JSON object.
public struct JSONMember: Sendable, Equatable {
    /// The name.
    public let name: String
    /// The value.
    public let value: JSONValue

    /// Creates a member.
    public init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension JSONValue {
    /// Parses a document; `file` names it in errors.
    public static func parse(_ bytes: [UInt8], file: String) throws -> JSONValue {
        try bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, file: file)
            return try parser.document()
        }
    }
}

/// A JSON object whose members are read by name, with errors that name file and key.
public struct JSONObject: Sendable {
    /// The file, for messages.
    public let file: String
    /// The members in the order of the file.
    public let members: [JSONMember]
    private let path: String

    /// Wraps a value that has to be an object.
    public init(_ value: JSONValue, file: String, path: String = "") throws {
        guard case .object(let members) = value else {
            throw FormatError.malformed(
                file, path.isEmpty ? nil : "key '\(path)'", "a JSON object is expected here")
        }
        self.file = file
        self.path = path
        self.members = members
    }

    /// Reads a whole file of at most 1 GiB as one object.
    public init(contentsOf file: RandomAccessFile) throws {
        guard file.sizeBytes <= 1 << 30 else {
            throw FormatError.malformed(file.path, nil, "\(file.sizeBytes) bytes are too many for such a file")
        }
        let bytes = try file.read(at: 0, count: Int(file.sizeBytes))
        try self.init(JSONValue.parse(bytes, file: file.path), file: file.path)
    }

    /// The value of a key; nil when the key is absent or `null`.
    public subscript(key: String) -> JSONValue? {
        guard let value = members.last(where: { $0.name == key })?.value, value != .null else { return nil }
        return value
    }

    /// The integer of a key; nil when absent.
    ///
    /// Throws when it is no integer.
    public func integer(_ key: String) throws -> Int? {
        guard let value = self[key] else { return nil }
        guard case .integer(let number) = value, let result = Int(exactly: number) else {
            throw mismatch(key, "an integer")
        }
        return result
    }

    /// The number of a key; nil when absent.
    ///
    /// Throws when it is no number.
    public func number(_ key: String) throws -> Double? {
        switch self[key] {
        case nil: return nil
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw mismatch(key, "a number")
        }
    }

    /// The string of a key; nil when absent.
    ///
    /// Throws when it is no string.
    public func string(_ key: String) throws -> String? {
        guard let value = self[key] else { return nil }
        guard case .string(let text) = value else { throw mismatch(key, "a string") }
        return text
    }

    /// The truth value of a key; nil when absent.
    ///
    /// Throws when it is none.
    public func bool(_ key: String) throws -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let truth) = value else { throw mismatch(key, "true or false") }
        return truth
    }

    /// The array of a key; nil when absent.
    ///
    /// Throws when it is no array.
    public func array(_ key: String) throws -> [JSONValue]? {
        guard let value = self[key] else { return nil }
        guard case .array(let elements) = value else { throw mismatch(key, "an array") }
        return elements
    }

    /// The object of a key; nil when absent.
    ///
    /// Throws when it is no object.
    public func object(_ key: String) throws -> JSONObject? {
        guard let value = self[key] else { return nil }
        return try JSONObject(value, file: file, path: qualified(key))
    }

    /// The value, or an error that says that the key is missing.
    public func require<Value>(_ key: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(key) else {
            throw FormatError(
                .missing, file: file, subject: "key '\(qualified(key))'", "is missing",
                remedy: "Take the file from the model's own repository.")
        }
        return value
    }

    func mismatch(_ key: String, _ expected: String) -> FormatError {
        FormatError.malformed(file, "key '\(qualified(key))'", "\(expected) is expected")
    }

    private func qualified(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
