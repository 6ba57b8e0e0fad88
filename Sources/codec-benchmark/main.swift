import Foundation
import ModelFormats
import Quantization

// codec-benchmark [RUNS]: the lab's block codecs beside the engine's, on one thread, in turns. Writes lines with tabs:
//   peak   KERNELS  OPERATIONS/S
//   codec  TYPE  plain|importance  ENGINE-S  LAB-S  RATIO  LOWEST  HIGHEST  OPERATIONS/WEIGHT  WEIGHTS
// Times are medians, ratios those of neighbouring runs.

let rowElements = 1024
let weightCount = 256 * rowElements
let types: [TensorType] = [.q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K]

/// xorshift64* (Vigna 2016) and Box-Muller: N(0, 0.02) in BF16, as the matrices of models hold.
struct NormalWeights: IteratorProtocol {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    private mutating func uniform() -> Float {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Float((state &* 0x2545_F491_4F6C_DD1D) >> 40) * 0x1p-24
    }

    mutating func next() -> Float? {
        let radius = (-2 * log(max(uniform(), 1e-7))).squareRoot()
        let bits = (0.02 * radius * cos(2 * .pi * uniform())).bitPattern
        return Float(bitPattern: (bits &+ (0x7FFF &+ (bits >> 16 & 1))) & 0xFFFF_0000)
    }
}

func seconds(_ work: () -> Void) -> Double {
    let clock = ContinuousClock()
    let elapsed = clock.measure(work).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

func writeLine(_ fields: String...) { print(fields.joined(separator: "\t")) }

guard let runs = CommandLine.arguments.count == 1 ? 11 : Int(CommandLine.arguments[1]), runs >= 5 else {
    FileHandle.standardError.write(Data("usage: codec-benchmark [RUNS]   (at least 5)\n".utf8))
    exit(2)
}

let kernels = KernelSet.current
let steps = 20_000_000
var unused: Float = kernels.runAtVectorPeak(steps)
let fastest = (0..<5).map { _ in seconds { unused += kernels.runAtVectorPeak(steps) } }.min() ?? 0
precondition(unused.isFinite, "the sums are used")
writeLine("peak", kernels.name, String(format: "%.4g", 96 * Double(steps) / fastest))

var source = NormalWeights()
let weights = (0..<weightCount).map { _ in source.next() ?? 0 }
let importance = (0..<rowElements).map { _ in abs(source.next() ?? 0) }
let codec = BlockCodec(kernels: kernels)
for type in types {
    try EngineCodec.prepare(type)
    let byteCount = weightCount / Int(type.blockElements) * Int(type.blockBytes)
    var (engineBytes, labBytes) = ([UInt8](repeating: 0, count: byteCount), [UInt8](repeating: 1, count: byteCount))
    for isWeighted in [false, true] {
        var (engine, lab): ([Double], [Double]) = ([], [])
        weights.withUnsafeBufferPointer { weights in
            importance.withUnsafeBufferPointer { importance in
                let importance = isWeighted ? importance : nil
                for run in 0...runs {
                    let engineTime = seconds {
                        engineBytes.withUnsafeMutableBytes {
                            EngineCodec.encode(
                                weights, rowElements: rowElements, as: type, importance: importance, into: $0)
                        }
                    }
                    let labTime = seconds {
                        labBytes.withUnsafeMutableBytes {
                            _ = codec.encode(
                                weights, rowElements: rowElements, as: type, importance: importance, into: $0)
                        }
                    }
                    // The first pair warms up.
                    guard run > 0 else { continue }
                    engine.append(engineTime)
                    lab.append(labTime)
                }
            }
        }
        guard engineBytes == labBytes else {
            FileHandle.standardError.write(Data("\(type.name): the bytes differ from the engine's\n".utf8))
            exit(1)
        }
        let ratios = zip(engine, lab).map { $0 / $1 }
        writeLine(
            "codec", type.name, isWeighted ? "importance" : "plain",
            String(format: "%.6f", median(engine)), String(format: "%.6f", median(lab)),
            String(format: "%.3f", median(ratios)), String(format: "%.3f", ratios.min() ?? 0),
            String(format: "%.3f", ratios.max() ?? 0),
            searchOperations(type, isWeighted: isWeighted).map(String.init) ?? "", "\(weightCount)")
    }
}
