/// Gives `body` aligned memory for vectors and bytes of levels for the time of a call.
@inline(__always)
func withScratch(
    vectors: Int, bytes: Int, _ body: (UnsafeMutablePointer<Lanes>, UnsafeMutablePointer<UInt8>) -> Void
) {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: vectors) { lanes in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes) { levels in
            guard let lanes = lanes.baseAddress, let levels = levels.baseAddress else { return }
            body(lanes, levels)
        }
    }
}

/// The floats of vectors, lane by lane.
@inline(__always)
func floats(_ lanes: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
}

@inline(__always)
func store(_ values: Lanes, at place: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(place).storeBytes(of: values, as: Lanes.self)
}

extension Lanes {
    /// One lane's value.
    @inline(__always)
    subscript(lane: Int) -> Float { lane < 8 ? low[lane] : high[lane - 8] }
}
