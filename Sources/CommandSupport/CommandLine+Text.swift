import Foundation

extension CommandLine {
    /// The command line as it can be typed again, with the words that need it quoted.
    ///
    /// - Parameter program: how the program is called in the clone, such as "./lab".
    public static func text(as program: String) -> String {
        let safe = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_./=:,+@%"))
        let words = arguments.dropFirst().map { word in
            !word.isEmpty && word.unicodeScalars.allSatisfy(safe.contains)
                ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
        }
        return ([program] + words).joined(separator: " ")
    }
}
