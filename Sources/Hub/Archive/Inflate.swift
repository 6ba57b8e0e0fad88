/// Unpacks what "deflate" packed (RFC 1951).
struct Inflate {
    private let input: ArraySlice<UInt8>
    private let limitBytes: Int
    private var position: Int
    private var bits: UInt32 = 0
    private var bitCount: UInt32 = 0
    private var output: [UInt8] = []

    /// The bytes that some packed ones stand for; nil where they are damaged or more than expected.
    static func unpack(_ input: ArraySlice<UInt8>, expectedBytes: Int) -> [UInt8]? {
        var state = Inflate(input: input, expectedBytes: expectedBytes)
        return state.run()
    }

    private init(input: ArraySlice<UInt8>, expectedBytes: Int) {
        self.input = input
        position = input.startIndex
        limitBytes = expectedBytes
    }

    private mutating func run() -> [UInt8]? {
        while true {
            guard let isLast = take(1), let kind = take(2) else { return nil }
            let isFine =
                switch kind {
                case 0: copyStored()
                case 1: decode(Self.fixedLiterals, Self.fixedDistances)
                case 2: decodeWithOwnCodes()
                default: false
                }
            guard isFine else { return nil }
            if isLast == 1 { return output.count == limitBytes ? output : nil }
        }
    }

    private mutating func take(_ count: UInt32) -> UInt32? {
        while bitCount < count {
            guard position < input.endIndex else { return nil }
            bits |= UInt32(input[position]) << bitCount
            position += 1
            bitCount += 8
        }
        let value = bits & ((1 << count) - 1)
        bits >>= count
        bitCount -= count
        return value
    }

    private mutating func copyStored() -> Bool {
        // At most seven bits are left of the current byte.
        (bits, bitCount) = (0, 0)
        guard position + 4 <= input.endIndex else { return false }
        let count = Int(input[position]) | Int(input[position + 1]) << 8
        let check = Int(input[position + 2]) | Int(input[position + 3]) << 8
        position += 4
        guard count == ~check & 0xFFFF, position + count <= input.endIndex, output.count + count <= limitBytes else {
            return false
        }
        output += input[position..<position + count]
        position += count
        return true
    }

    /// A prefix code, by the lengths of its words.
    private struct Code {
        /// Words of each length.
        private var counts = [Int](repeating: 0, count: 16)
        /// Symbols in the order of their words.
        private var symbols: [Int] = []

        /// Nil for lengths that are no code: more words than there is room for.
        init?(_ lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            var left = 1
            for length in 1...15 {
                left = left << 1 - counts[length]
                guard left >= 0 else { return nil }
            }
            for length in 1...15 {
                symbols += lengths.indices.filter { lengths[$0] == length }
            }
        }

        func symbol(_ next: () -> UInt32?) -> Int? {
            var (word, first, index) = (0, 0, 0)
            for length in 1...15 {
                guard let bit = next() else { return nil }
                word |= Int(bit)
                if word - first < counts[length] { return symbols[index + word - first] }
                index += counts[length]
                first = (first + counts[length]) << 1
                word <<= 1
            }
            return nil
        }
    }

    private mutating func symbol(_ code: Code) -> Int? { code.symbol { take(1) } }

    private static let fixedLiterals = Code(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    private static let fixedDistances = Code([Int](repeating: 5, count: 30))

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits: [UInt32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits: [UInt32] = (0..<30).map { UInt32(max(0, $0 / 2 - 1)) }

    private mutating func decode(_ literals: Code?, _ distances: Code?) -> Bool {
        guard let literals, let distances else { return false }
        while true {
            guard let symbol = symbol(literals) else { return false }
            if symbol == 256 { return true }
            if symbol < 256 {
                guard output.count < limitBytes else { return false }
                output.append(UInt8(symbol))
                continue
            }
            guard let length = value(symbol - 257, Self.lengthBases, Self.lengthBits),
                let place = self.symbol(distances), let distance = value(place, Self.distanceBases, Self.distanceBits),
                distance <= output.count, output.count + length <= limitBytes
            else { return false }
            // Byte by byte: what is copied may reach into what it becomes.
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private mutating func value(_ index: Int, _ bases: [Int], _ extra: [UInt32]) -> Int? {
        guard bases.indices.contains(index), let more = take(extra[index]) else { return nil }
        return bases[index] + Int(more)
    }

    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private mutating func decodeWithOwnCodes() -> Bool {
        guard let literalCount = take(5), let distanceCount = take(5), let lengthCount = take(4) else { return false }
        var lengths = [Int](repeating: 0, count: 19)
        for index in 0..<Int(lengthCount) + 4 {
            guard let length = take(3) else { return false }
            lengths[Self.lengthOrder[index]] = Int(length)
        }
        guard let code = Code(lengths) else { return false }
        let total = Int(literalCount) + 257 + Int(distanceCount) + 1
        var all: [Int] = []
        while all.count < total {
            guard let symbol = symbol(code) else { return false }
            switch symbol {
            case 0...15: all.append(symbol)
            case 16:
                guard let last = all.last, let more = take(2) else { return false }
                all += [Int](repeating: last, count: Int(more) + 3)
            default:
                guard let more = take(symbol == 17 ? 3 : 7) else { return false }
                all += [Int](repeating: 0, count: Int(more) + (symbol == 17 ? 3 : 11))
            }
        }
        guard all.count == total else { return false }
        return decode(Code(Array(all[..<(Int(literalCount) + 257)])), Code(Array(all[(Int(literalCount) + 257)...])))
    }
}
