import Foundation

/// Describes a parent's logits for a pack, position after position.
package struct PositionPredictor {
    private let settings: PredictionSettings
    private let tokens: Digest
    private var tail: TailMass
    private var selection: TopSelection

    /// A predictor for the positions of one chunk, given by the digest of its tokens.
    package init(vocabulary: Int, settings: PredictionSettings, tokens: Digest) {
        self.settings = settings
        self.tokens = tokens
        tail = TailMass(vocabulary: vocabulary)
        selection = TopSelection(count: settings.counts(vocabulary: vocabulary).top, vocabulary: vocabulary)
    }

    /// The exact -ln p of the text's token, and what is kept; nil when the logits are no numbers.
    package mutating func predict(
        _ logits: UnsafeBufferPointer<Float>, token: Int, position: Int
    ) -> (nats: Double, kept: PredictedPosition)? {
        let softmax = tail.softmax(logits)
        let nats = softmax.nats(logits[token])
        guard softmax.isFinite, nats.isFinite else { return nil }
        let top = selection.select(logits)
        let mass = Float(tail.sum(without: top) / softmax.sum)
        func kept(_ id: Int32) -> PredictedToken {
            PredictedToken(id: id, code: PredictedToken.code(nats: softmax.nats(logits[Int(id)])))
        }
        let tailCount = settings.counts(vocabulary: logits.count).tail
        var samples = Array(repeating: PredictedToken(id: 0, code: 0), count: tailCount)
        if mass > 0 {
            var generator = SplitMix64(settings: settings, tokens: tokens, position: position)
            samples = tail.draw(tailCount, with: &generator).map(kept)
        }
        let prediction = PredictedPosition(nats: Float(nats), tailMass: mass, top: top.map(kept), samples: samples)
        return (nats, prediction)
    }
}

/// Finds the largest logits of a position.
package struct TopSelection {
    private let count: Int
    /// Logits of a block: its eight lanes are groups, whose maxima need no sorting across lanes.
    private let blockLength: Int
    private var maxima: [Lanes]
    private var values: [Float] = []

    /// For so many of a position's logits, at least one.
    package init(count: Int, vocabulary: Int) {
        self.count = min(count, vocabulary)
        // Some eight times as many groups as tokens wanted: their maxima then single out little more than those.
        blockLength = 8 * max(1, vocabulary / (8 * max(1, count)))
        maxima = Array(repeating: .zero, count: vocabulary / blockLength)
    }

    /// The largest logits' indices, largest first, the lower index first where two are equal.
    package mutating func select(_ logits: UnsafeBufferPointer<Float>) -> [Int32] {
        let threshold = findThreshold(logits)
        var candidates: [UInt64] = []
        func consider(_ index: Int) {
            if logits[index] >= threshold { candidates.append(Self.rank(logits[index], index)) }
        }
        for block in maxima.indices {
            let start = block * blockLength
            for lane in 0..<8 where maxima[block][lane] >= threshold {
                for index in stride(from: start + lane, to: start + blockLength, by: 8) { consider(index) }
            }
        }
        for index in maxima.count * blockLength..<logits.count { consider(index) }
        candidates.sort(by: >)
        return candidates.prefix(count).map { Int32(truncatingIfNeeded: ~$0) }
    }

    /// A number that is larger for a larger logit, and for a lower index where two are equal; its last 32 bits are the
    /// index, each the other way.
    private static func rank(_ logit: Float, _ index: Int) -> UInt64 {
        // The sum makes one zero of both.
        let bits = (logit + 0).bitPattern
        let ordered = bits >> 31 == 0 ? bits | 1 << 31 : ~bits
        return UInt64(ordered) << 32 | UInt64(~UInt32(index))
    }

    /// A value that at least `count` logits reach: as many groups have a maximum as large.
    private mutating func findThreshold(_ logits: UnsafeBufferPointer<Float>) -> Float {
        let raw = UnsafeRawBufferPointer(logits)
        for block in maxima.indices {
            var maximum = Lanes(repeating: -.infinity)
            for index in stride(from: block * blockLength, to: (block + 1) * blockLength, by: 8) {
                let lanes = raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
                maximum.replace(with: lanes, where: lanes .> maximum)
            }
            maxima[block] = maximum
        }
        guard maxima.count * 8 >= count else { return -.infinity }
        values.removeAll(keepingCapacity: true)
        for maximum in maxima { for lane in 0..<8 { values.append(maximum[lane]) } }
        return values.withUnsafeMutableBufferPointer { $0.takeLargest(count) }
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// The element that so many are at least as large as, itself among them; leaves the elements in another order.
    ///
    /// Hoare's selection: a small vocabulary has some thousand elements at every position, whose order nobody wants.
    fileprivate func takeLargest(_ count: Int) -> Float {
        let wanted = count - 1
        var (low, high) = (0, self.count - 1)
        while low < high {
            let (first, middle, last) = (self[low], self[low + (high - low) / 2], self[high])
            let pivot = Swift.max(Swift.min(first, middle), Swift.min(Swift.max(first, middle), last))
            var (left, right) = (low, high)
            while left <= right {
                while self[left] > pivot { left += 1 }
                while self[right] < pivot { right -= 1 }
                guard left <= right else { break }
                swapAt(left, right)
                left += 1
                right -= 1
            }
            if wanted <= right {
                high = right
            } else if wanted >= left {
                low = left
            } else {
                break
            }
        }
        return self[wanted]
    }
}
