import Foundation

/// How rotary position embeddings are stretched to a longer context.
public enum RopeScaling: Sendable, Equatable {
    /// All frequencies divided by a factor.
    case linear(factor: Double)
    /// YaRN.
    case yarn(Yarn)
    /// Llama 3.1's: high frequencies stay, low ones are divided, those between are blended.
    case llama3(Llama3)

    /// The parameters of YaRN; the optional ones are written only when the file has them.
    public struct Yarn: Sendable, Equatable {
        /// The ratio of the new context to the original one.
        public let factor: Double
        /// The context of the training, in tokens.
        public let originalPositions: Int
        /// `extrapolation_factor`.
        public let extrapolationFactor: Double?
        /// `attention_factor`.
        public let attentionFactor: Double?
        /// `beta_fast`.
        public let betaFast: Double?
        /// `beta_slow`.
        public let betaSlow: Double?
    }

    /// The parameters of Llama 3.1's scaling.
    public struct Llama3: Sendable, Equatable {
        /// What low frequencies are divided by.
        public let factor: Double
        /// Waves longer than the original context divided by this are low frequencies.
        public let lowFrequencyFactor: Double
        /// Waves shorter than the original context divided by this are high frequencies.
        public let highFrequencyFactor: Double
        /// The context of the training, in tokens.
        public let originalPositions: Int
    }

    /// Reads the scaling; nil for the type "default".
    ///
    /// `originalPositions` is what the configuration itself says, used where the scaling is silent.
    /// Throws ``FormatError`` for a type that is not supported.
    init?(_ object: JSONObject, originalPositions: Int?) throws {
        func original() throws -> Int {
            let key = "original_max_position_embeddings"
            return try object.integer(key) ?? originalPositions ?? object.require(key, object.integer)
        }
        switch try (object.string("rope_type") ?? object.string("type"))?.lowercased() {
        case nil, "default": return nil
        case "linear": self = .linear(factor: try object.require("factor", object.number))
        case "yarn":
            self = .yarn(
                Yarn(
                    factor: try object.require("factor", object.number),
                    originalPositions: try original(),
                    extrapolationFactor: try object.number("extrapolation_factor"),
                    attentionFactor: try object.number("attention_factor") ?? object.number("attn_factor"),
                    betaFast: try object.number("beta_fast"),
                    betaSlow: try object.number("beta_slow")))
        case "llama3":
            let scaling = Llama3(
                factor: try object.require("factor", object.number),
                lowFrequencyFactor: try object.require("low_freq_factor", object.number),
                highFrequencyFactor: try object.require("high_freq_factor", object.number),
                originalPositions: try original())
            guard scaling.factor > 0, 0 < scaling.lowFrequencyFactor,
                scaling.lowFrequencyFactor < scaling.highFrequencyFactor
            else { throw object.mismatch("high_freq_factor", "a number above low_freq_factor, both positive,") }
            self = .llama3(scaling)
        case let other?:
            throw FormatError(
                .unsupported, file: object.file, subject: "key 'rope_scaling'", "has the type '\(other)'",
                remedy: "Supported are default, linear, yarn and llama3.")
        }
    }
}

extension RopeScaling.Llama3 {
    /// What the engine divides each rotary frequency by, the highest frequency first.
    ///
    /// The steps and their precision are those of llama.cpp's converter, which computes in binary32.
    func frequencyFactors(theta: Double, headDimension: Int) -> [Float] {
        let original = Float(originalPositions)
        let (low, high) = (Float(lowFrequencyFactor), Float(highFrequencyFactor))
        return stride(from: 0, to: headDimension, by: 2).map { index in
            let exponent = Float(index) / Float(headDimension)
            let frequency = 1 / Float(pow(theta, Double(exponent)))
            let wavelength = (1 / frequency) * Float(2 * Double.pi)
            if wavelength < Float(Double(originalPositions) / highFrequencyFactor) { return 1 }
            if wavelength > Float(Double(originalPositions) / lowFrequencyFactor) { return Float(factor) }
            let smooth = ((1 / wavelength) * original - low) / (high - low)
            return 1 / ((1 - smooth) / Float(factor) + smooth)
        }
    }
}
