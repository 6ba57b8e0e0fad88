import LabCore
public import ModelFormats
public import Quantization
import Reports

/// A plan as a dry run shows it: every tensor, then the totals.
public enum PlanTable {
    /// The lines of the table.
    /// - Parameter contextTokens: the context for which memory is estimated.
    public static func render(_ plan: ArtifactPlan, of checkpoint: Checkpoint, contextTokens: Int) -> String {
        let rows = plan.rows
        var table = TextTable([
            ("tensor", .left), ("shape", .right), ("type", .left), ("bytes", .right), ("bits/weight", .right),
        ])
        for row in rows {
            table.append([
                row.name, row.dimensions.map(String.init).joined(separator: " x "), row.type, grouped(row.bytes),
                (8 * Double(row.bytes) / Double(row.elements)).fixed(4),
            ])
        }
        let lines =
            ["\(checkpoint.name) as \(plan.recipe.name)"] + table.lines + [""] + byType(rows) + [""]
            + totals(plan, rows, of: checkpoint, contextTokens: contextTokens)
        return lines.joined(separator: "\n")
    }

    private static func byType(_ rows: [PlanRow]) -> [String] {
        var table = TextTable([("type", .left), ("tensors", .right), ("weights", .right), ("bytes", .right)])
        for (type, rows) in Dictionary(grouping: rows, by: \.type).sorted(by: { $0.key < $1.key }) {
            table.append([
                type, "\(rows.count)", grouped(rows.reduce(0) { $0 + $1.elements }),
                grouped(rows.reduce(0) { $0 + $1.bytes }),
            ])
        }
        return table.lines
    }

    private static func totals(
        _ plan: ArtifactPlan, _ rows: [PlanRow], of checkpoint: Checkpoint, contextTokens: Int
    ) -> [String] {
        let weights = rows.reduce(0) { $0 + $1.elements }
        let bytes = rows.reduce(0) { $0 + $1.bytes }
        func bits(_ bytes: Int64) -> String { (8 * Double(bytes) / Double(weights)).fixed(2) }
        let memory = MemoryEstimate(
            weightsBytes: bytes, configuration: checkpoint.configuration, contextTokens: contextTokens)
        return [
            "weights  \(grouped(weights))",
            "tensors  \(grouped(bytes)) bytes, \(bits(bytes)) bits per weight",
        ] + rest(plan, tensorBytes: bytes) + [
            "\(plan.isFolder ? "folder" : "file  ")   \(grouped(plan.fileBytes)) bytes, \(ByteSize(plan.fileBytes)), "
                + "\(bits(plan.fileBytes)) bits per weight",
            "memory   about \(ByteSize(memory.totalBytes)) at a context of \(contextTokens) tokens: \(memory.sum)",
        ] + matrices(plan)
    }

    /// What an artifact holds beside its tensors.
    private static func rest(_ plan: ArtifactPlan, tensorBytes: Int64) -> [String] {
        switch plan {
        case .gguf(let plan): ["header   \(grouped(plan.fileBytes - tensorBytes)) bytes, with padding"]
        case .mlx(let plan): plan.files.map { "file     \(grouped($0.bytes)) bytes, \($0.name)" }
        }
    }

    private static func matrices(_ plan: ArtifactPlan) -> [String] {
        guard case .gguf(let plan) = plan else { return [] }
        if let calibration = plan.calibration { return ["importance matrix \(calibration.file)"] }
        let count = plan.tensors.count(where: \.needsImportanceMatrix)
        return count > 0 ? ["importance matrix needed for \(count) tensors: they are garbage without one"] : []
    }

    /// "5027783488" as "5,027,783,488".
    private static func grouped(_ number: Int64) -> String { Format.grouped(Int(number)) }
}

/// A tensor of either format.
private struct PlanRow {
    let name: String
    /// Fastest first, as GGUF has them.
    let dimensions: [Int64]
    let type: String
    let elements: Int64
    let bytes: Int64
}

extension ArtifactPlan {
    fileprivate var isFolder: Bool { if case .mlx = self { true } else { false } }

    fileprivate var rows: [PlanRow] {
        switch self {
        case .gguf(let plan):
            plan.tensors.map {
                PlanRow(
                    name: $0.name, dimensions: $0.dimensions, type: $0.type.name, elements: $0.elementCount,
                    bytes: $0.byteCount)
            }
        case .mlx(let plan):
            plan.tensors.map {
                PlanRow(
                    name: $0.name, dimensions: $0.shape.reversed().map(Int64.init), type: $0.storage.name,
                    elements: $0.elementCount, bytes: $0.byteCount)
            }
        }
    }
}
