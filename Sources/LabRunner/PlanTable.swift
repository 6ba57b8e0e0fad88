import LabCore
public import ModelFormats
public import Quantization

/// A plan as a dry run shows it: every tensor, then the totals.
public enum PlanTable {
    /// The lines of the table.
    /// - Parameter contextTokens: the context for which memory is estimated.
    public static func render(_ plan: RecipePlan, of checkpoint: Checkpoint, contextTokens: Int) -> String {
        var table = TextTable([
            ("tensor", .left), ("shape", .right), ("type", .left), ("bytes", .right), ("bits/weight", .right),
        ])
        for tensor in plan.tensors {
            table.append([
                tensor.name, tensor.dimensions.map(String.init).joined(separator: " x "), tensor.type.name,
                grouped(tensor.byteCount), tensor.type.bitsPerElement.fixed(4),
            ])
        }
        let lines =
            ["\(checkpoint.name) as \(plan.recipe.name)"] + table.lines + [""] + byType(plan) + [""]
            + totals(plan, of: checkpoint, contextTokens: contextTokens)
        return lines.joined(separator: "\n")
    }

    private static func byType(_ plan: RecipePlan) -> [String] {
        var table = TextTable([("type", .left), ("tensors", .right), ("weights", .right), ("bytes", .right)])
        for (type, tensors) in Dictionary(grouping: plan.tensors, by: \.type).sorted(by: { $0.key.name < $1.key.name })
        {
            table.append([
                type.name, "\(tensors.count)", grouped(tensors.reduce(0) { $0 + $1.elementCount }),
                grouped(tensors.reduce(0) { $0 + $1.byteCount }),
            ])
        }
        return table.lines
    }

    private static func totals(_ plan: RecipePlan, of checkpoint: Checkpoint, contextTokens: Int) -> [String] {
        let memory = MemoryEstimate(
            weightsBytes: plan.tensorBytes, configuration: checkpoint.configuration, contextTokens: contextTokens)
        let matrix = plan.tensors.count(where: \.needsImportanceMatrix)
        let fileBits = 8 * Double(plan.fileBytes) / Double(plan.parameterCount)
        return [
            "weights  \(grouped(plan.parameterCount))",
            "tensors  \(grouped(plan.tensorBytes)) bytes, \(plan.bitsPerWeight.fixed(2)) bits per weight",
            "header   \(grouped(plan.fileBytes - plan.tensorBytes)) bytes, with padding",
            "file     \(grouped(plan.fileBytes)) bytes, \(ByteSize(plan.fileBytes)), \(fileBits.fixed(2)) bits per "
                + "weight",
            "memory   about \(ByteSize(memory.totalBytes)) at a context of \(contextTokens) tokens: \(memory.sum)",
        ] + (matrix > 0 ? ["importance matrix needed for \(matrix) tensors: they are garbage without one"] : [])
    }

    /// "5027783488" as "5,027,783,488".
    private static func grouped(_ number: Int64) -> String {
        let digits = String(number)
        return digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index) % 3 == 0 ? ",\(digit)" : "\(digit)"
        }.joined()
    }
}
