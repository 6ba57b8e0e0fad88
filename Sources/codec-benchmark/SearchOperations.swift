import ModelFormats

/// The float operations per weight of the search for a block's scales, the least that the reference's bytes can be
/// had with: counted in the sources of the searches, a minimum or maximum as one.
///
/// nil for types whose search depends on the data or is none to speak of.
func searchOperations(_ type: TensorType, isWeighted: Bool) -> Int? {
    // Of a candidate: 6 for the level, 6 for its three sums, 6 for its error; before them 5 for range and sums, and 12
    // for the error of the first.
    func affine(candidates: Int) -> Int { 18 * candidates + 17 }
    // Of 19 candidates: 3 for the level, 5 for its two sums, and 20 limits in all; before them 5.
    let symmetric = 19 * 8 + 20 + 5
    switch type {
    case .q4_1, .q5_1: return isWeighted ? affine(candidates: 37) : nil
    case .q2_K: return affine(candidates: isWeighted ? 37 : 16)
    case .q4_K: return affine(candidates: isWeighted ? 37 : 21)
    case .q5_K: return affine(candidates: isWeighted ? 37 : 16)
    case .q6_K: return symmetric
    case .q3_K, .q4_0, .q5_0: return isWeighted ? symmetric : nil
    default: return nil
    }
}
