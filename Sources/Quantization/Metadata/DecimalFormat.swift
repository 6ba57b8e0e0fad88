import Foundation

extension Double {
    /// The number with a fixed count of decimals and a point, in no locale.
    func formatted(decimals: Int) -> String {
        String(format: "%.\(decimals)f", self)
    }
}
