import LabCore

/// The storage type of every tensor of an artifact: a map of blocks and parts, and the same as a table.
///
/// Property names are the template's tags.
struct TensorMapSection {
    let heading: Markup
    let summary: Markup
    let wide: Markup
    let narrow: Markup
    let legend: [Swatch]
    let rows: [Row]
    let omitted: Markup

    struct Swatch {
        let opacity: Markup
        let name: Markup
        let bits: Markup
    }

    struct Row {
        let name: Markup
        let types: Markup
        let weights: Markup
        let bytes: Markup
        let bits: Markup
    }

    /// A model has some dozens of parts; a file made to do harm may have more.
    private static let rowLimit = 80

    /// Nil for an artifact whose tensors are not known.
    init?(_ artifact: ArtifactRecord, id: String, in run: RunRecord) {
        guard let groups = artifact.tensors, groups.contains(where: { $0.elements > 0 }) else { return nil }
        let parts = TensorPart.parts(of: groups)
        let label = run.label(of: artifact.path)
        let title = "Types of \(label)"
        let types = TensorType.types(of: groups)
        heading = Markup(title, limit: 300)
        let text = Self.summary(artifact, groups, types)
        summary = Markup(text)
        let chart = TensorMapChart(parts: parts, groups: groups)
        let description = "Map of the storage types: a row for each part of a block, a column for each block. " + text
        wide = Markup(
            html: chart.svg(width: 720, labels: 132, id: "\(id)w", heading: title, description: description))
        narrow = Markup(
            html: chart.svg(width: 340, labels: 112, id: "\(id)n", heading: title, description: description))
        legend = chart.shades.map { shade in
            Swatch(
                opacity: Markup(Format.fixed(shade.opacity, 2)), name: Markup(shade.type, limit: 60),
                bits: Markup(Format.fixed(shade.bits, 2)))
        }
        rows = parts.prefix(Self.rowLimit).map(Self.row)
        omitted = Markup(parts.count > Self.rowLimit ? "\(parts.count - Self.rowLimit) more are in report.json." : "")
    }

    private static func row(_ part: TensorPart) -> Row {
        let types = part.groups.map { group in
            let type = part.groups.count == 1 ? "" : " in \(Format.blocks(group.blocks))"
            return group.type + type
        }
        return Row(
            name: Markup(part.name, limit: 200), types: Markup(types.prefix(12).joined(separator: "; "), limit: 1000),
            weights: Markup(Format.grouped(Int(clamping: part.elements))), bytes: Markup(Format.bytes(part.bytes)),
            bits: Markup(Format.fixed(part.bitsPerWeight, 2)))
    }

    private static func summary(
        _ artifact: ArtifactRecord, _ groups: [TensorGroup], _ types: [TensorType]
    ) -> String {
        let all = Double(types.reduce(0) { $0 + $1.elements })
        let listed = types.prefix(8).map { type in
            let share = 100 * Double(type.elements) / all
            let percent = share < 0.1 ? "< 0.1" : Format.fixed(share, share < 10 ? 1 : 0)
            return
                "\(type.name) (\(Format.fixed(type.bits, 2)) bits) for \(percent)\(Format.percentSign) of the weights"
        }
        let count = groups.reduce(0) { $0 + $1.count }
        return "\(Format.fixed(artifact.bitsPerWeight, 2)) bits per weight over \(Format.count(count, "tensor")): "
            + listed.joined(separator: ", ") + "."
    }
}

/// A storage type, and what it holds.
struct TensorType {
    let name: String
    var elements: Int64
    var bytes: Int64
    var bits: Double { elements > 0 ? 8 * Double(bytes) / Double(elements) : 0 }

    /// The types of an artifact, those first that hold most weights.
    static func types(of groups: [TensorGroup]) -> [TensorType] {
        var types: [TensorType] = []
        for group in groups {
            let (elements, bytes) = (Int64(group.count) * group.elements, Int64(group.count) * group.bytes)
            if let index = types.firstIndex(where: { $0.name == group.type }) {
                types[index].elements += elements
                types[index].bytes += bytes
            } else {
                types.append(TensorType(name: group.type, elements: elements, bytes: bytes))
            }
        }
        return types.sorted { ($1.elements, $0.name) < ($0.elements, $1.name) }
    }
}

/// The same part of all blocks, in all its types.
struct TensorPart {
    let name: String
    var groups: [TensorGroup]

    var elements: Int64 { groups.reduce(0) { $0 + Int64($1.count) * $1.elements } }
    var bytes: Int64 { groups.reduce(0) { $0 + Int64($1.count) * $1.bytes } }
    var bitsPerWeight: Double { elements > 0 ? 8 * Double(bytes) / Double(elements) : 0 }
    var isInBlocks: Bool { groups.contains { !$0.blocks.isEmpty } }

    /// In the order of the file.
    static func parts(of groups: [TensorGroup]) -> [TensorPart] {
        var parts: [TensorPart] = []
        var places: [String: Int] = [:]
        for group in groups {
            let key = (group.blocks.isEmpty ? "one " : "each ") + group.name
            if let place = places[key] {
                parts[place].groups.append(group)
            } else {
                places[key] = parts.count
                parts.append(TensorPart(name: group.name, groups: [group]))
            }
        }
        return parts
    }
}

extension Format {
    /// "block 7", "blocks 0 to 3, 6, 9 to 11".
    static func blocks(_ blocks: [Int]) -> String {
        var ranges: [(first: Int, last: Int)] = []
        for block in blocks {
            if let last = ranges.last, block <= last.last + 1 {
                ranges[ranges.count - 1].last = block
            } else {
                ranges.append((block, block))
            }
        }
        let listed = ranges.map {
            $0.first == $0.last ? "\($0.first)" : "\($0.first)\($0.last == $0.first + 1 ? ", " : " to ")\($0.last)"
        }
        return (blocks.count == 1 ? "block " : "blocks ") + listed.joined(separator: ", ")
    }
}
