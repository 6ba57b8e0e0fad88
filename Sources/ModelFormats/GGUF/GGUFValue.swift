/// A metadata value of a GGUF file.
public enum GGUFValue: Sendable, Equatable {
    /// 8-bit unsigned.
    case uint8(UInt8)
    /// 8-bit signed.
    case int8(Int8)
    /// 16-bit unsigned.
    case uint16(UInt16)
    /// 16-bit signed.
    case int16(Int16)
    /// 32-bit unsigned.
    case uint32(UInt32)
    /// 32-bit signed.
    case int32(Int32)
    /// 32-bit float.
    case float32(Float)
    /// Truth value.
    case bool(Bool)
    /// Text.
    case string(String)
    /// 64-bit unsigned.
    case uint64(UInt64)
    /// 64-bit signed.
    case int64(Int64)
    /// 64-bit float.
    case float64(Double)
    /// Several values of one type.
    case array(GGUFArray)

    /// The format's number for the type.
    public var typeNumber: UInt32 {
        switch self {
        case .uint8: 0
        case .int8: 1
        case .uint16: 2
        case .int16: 3
        case .uint32: 4
        case .int32: 5
        case .float32: 6
        case .bool: 7
        case .string: 8
        case .array: 9
        case .uint64: 10
        case .int64: 11
        case .float64: 12
        }
    }
}

/// A metadata array of a GGUF file.
///
/// Arrays of arrays exist in the format and in no file: they are not supported.
public enum GGUFArray: Sendable, Equatable {
    /// 8-bit unsigned.
    case uint8([UInt8])
    /// 8-bit signed.
    case int8([Int8])
    /// 16-bit unsigned.
    case uint16([UInt16])
    /// 16-bit signed.
    case int16([Int16])
    /// 32-bit unsigned.
    case uint32([UInt32])
    /// 32-bit signed.
    case int32([Int32])
    /// 32-bit floats.
    case float32([Float])
    /// Truth values.
    case bool([Bool])
    /// Texts.
    case string([String])
    /// 64-bit unsigned.
    case uint64([UInt64])
    /// 64-bit signed.
    case int64([Int64])
    /// 64-bit floats.
    case float64([Double])

    /// The format's number for the element type.
    public var typeNumber: UInt32 {
        switch self {
        case .uint8: 0
        case .int8: 1
        case .uint16: 2
        case .int16: 3
        case .uint32: 4
        case .int32: 5
        case .float32: 6
        case .bool: 7
        case .string: 8
        case .uint64: 10
        case .int64: 11
        case .float64: 12
        }
    }

    /// The number of elements.
    public var count: Int {
        switch self {
        case .uint8(let values): values.count
        case .int8(let values): values.count
        case .uint16(let values): values.count
        case .int16(let values): values.count
        case .uint32(let values): values.count
        case .int32(let values): values.count
        case .float32(let values): values.count
        case .bool(let values): values.count
        case .string(let values): values.count
        case .uint64(let values): values.count
        case .int64(let values): values.count
        case .float64(let values): values.count
        }
    }
}

/// The metadata of a GGUF file, in the order of the file.
public struct GGUFMetadata: Sendable, Equatable {
    /// A key and its value.
    public struct Entry: Sendable, Equatable {
        /// The key, such as "general.architecture".
        public let key: String
        /// The value.
        public let value: GGUFValue

        /// Creates an entry.
        public init(key: String, value: GGUFValue) {
            self.key = key
            self.value = value
        }
    }

    /// The entries in order.
    public private(set) var entries: [Entry] = []
    /// The place of each key: a file may have tens of thousands of keys.
    private var places: [String: Int] = [:]

    /// No entries.
    public init() {}

    /// The value of a key.
    ///
    /// Setting a present key keeps its place, setting nil removes it.
    public subscript(key: String) -> GGUFValue? {
        get { places[key].map { entries[$0].value } }
        set {
            switch (places[key], newValue) {
            case (let place?, let value?): entries[place] = Entry(key: key, value: value)
            case (let place?, nil):
                entries.remove(at: place)
                places[key] = nil
                for later in place..<entries.count { places[entries[later].key] = later }
            case (nil, let value?):
                places[key] = entries.count
                entries.append(Entry(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Removes a key and appends it anew: it becomes the last.
    public mutating func setLast(_ key: String, _ value: GGUFValue) {
        self[key] = nil
        self[key] = value
    }

    /// The text of a key; nil when it is absent or no text.
    public func string(_ key: String) -> String? {
        guard case .string(let text) = self[key] else { return nil }
        return text
    }
}
