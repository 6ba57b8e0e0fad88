import Foundation

/// JSON as a value, with as much of JSON Schema as the report's schema uses.
enum JSONValue: Hashable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(_ data: Data) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: data)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    subscript(key: String) -> JSONValue? {
        if case .object(let fields) = self { fields[key] } else { nil }
    }

    subscript(index: Int) -> JSONValue? {
        if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }

    private var strings: [String] {
        guard case .array(let items) = self else {
            if case .string(let text) = self { return [text] } else { return [] }
        }
        return items.flatMap(\.strings)
    }

    private var typeNames: Set<String> {
        switch self {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .number(let value): value == value.rounded() ? ["number", "integer"] : ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }

    /// Where a value departs from this schema; a field that the schema does not describe is a departure too.
    func violations(in value: JSONValue, at place: String = "$") -> [String] {
        guard case .object(let schema) = self else { return ["\(place): the schema is no object"] }
        let understood: Set = [
            "$schema", "title", "description", "type", "required", "properties", "items", "enum", "const", "minimum",
            "maximum", "pattern", "format", "additionalProperties",
        ]
        var found = Set(schema.keys).subtracting(understood).map { "\(place): schema keyword \($0) is not understood" }
        if let type = schema["type"], value.typeNames.isDisjoint(with: type.strings) {
            return found + ["\(place): is not \(type.strings.joined(separator: " or "))"]
        }
        if case .array(let allowed) = schema["enum"], !allowed.contains(value) { found.append("\(place): not in enum") }
        if let only = schema["const"], only != value { found.append("\(place): is not the constant") }
        switch value {
        case .number(let number):
            if case .number(let minimum) = schema["minimum"], number < minimum { found.append("\(place): too small") }
            if case .number(let maximum) = schema["maximum"], number > maximum { found.append("\(place): too large") }
        case .string(let text):
            if case .string(let pattern) = schema["pattern"],
                text.range(of: pattern, options: .regularExpression) == nil
            {
                found.append("\(place): does not match \(pattern)")
            }
        case .array(let items):
            guard let itemSchema = schema["items"] else { return found + ["\(place): items are not described"] }
            found += items.enumerated().flatMap { itemSchema.violations(in: $1, at: "\(place)[\($0)]") }
        case .object(let fields):
            found += (schema["required"]?.strings ?? []).filter { fields[$0] == nil }.map { "\(place).\($0): missing" }
            for (name, field) in fields {
                guard let described = schema["properties"]?[name] ?? schema["additionalProperties"] else {
                    found.append("\(place).\(name): not described")
                    continue
                }
                found += described.violations(in: field, at: "\(place).\(name)")
            }
        case .null, .bool: break
        }
        return found
    }
}
