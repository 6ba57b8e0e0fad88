import LabCore

/// The map of an artifact's storage types: blocks from left to right, their parts from top to bottom.
struct TensorMapChart {
    struct Shade {
        let type: String
        let bits: Double
        let opacity: Double
    }

    /// The types drawn, from the fewest bits per weight to the most.
    let shades: [Shade]
    private let parts: [TensorPart]
    private let blockCount: Int

    /// A part with less than this share of the weights, such as a norm, is left to the table.
    private static let smallestShare = 0.002
    private static let partLimit = 32

    init(parts: [TensorPart], groups: [TensorGroup]) {
        let all = Double(parts.reduce(0) { $0 + $1.elements })
        self.parts = Array(
            parts.filter { Double($0.elements) >= Self.smallestShare * all }.prefix(Self.partLimit))
        let drawn = self.parts.flatMap(\.groups)
        let types = TensorType.types(of: drawn).sorted { ($0.bits, $0.name) < ($1.bits, $1.name) }
        shades = types.enumerated().map { index, type in
            let step = types.count > 1 ? Double(index) / Double(types.count - 1) : 0.5
            return Shade(type: type.name, bits: type.bits, opacity: 0.25 + 0.75 * step)
        }
        blockCount = min(1000, (drawn.flatMap(\.blocks).max() ?? -1) + 1)
    }

    /// The map as an SVG element.
    ///
    /// - Parameter labels: the room for the parts' names.
    func svg(width: Double, labels: Double, id: String, heading: String, description: String) -> String {
        let (rowHeight, gap) = (16.0, 4.0)
        let slot = blockCount > 0 ? (width - labels) / Double(blockCount) : 0
        var outlines: [String: String] = [:]
        var pieces: [String] = []
        for (row, part) in parts.enumerated() {
            let top = Double(row) * (rowHeight + gap)
            let room = Int(labels / 7.2)
            pieces.append(Drawing.text("axis", 0, top + 12, Self.short(part.name, to: room)))
            for group in part.groups {
                if group.blocks.isEmpty {
                    outlines[group.type, default: ""] += Self.box(labels, top, width - labels, rowHeight)
                }
                for run in Self.runs(group.blocks.filter { $0 < blockCount }, isJoined: slot < 4) {
                    let x = labels + slot * Double(run.lowerBound)
                    let breadth = slot * Double(run.count) - (slot < 4 ? 0 : 1)
                    outlines[group.type, default: ""] += Self.box(x, top, breadth, rowHeight)
                }
            }
        }
        for shade in shades {
            guard let outline = outlines[shade.type] else { continue }
            pieces.append(
                "<path class=\"cell\" fill-opacity=\"\(Format.fixed(shade.opacity, 2))\" d=\"\(outline)\">"
                    + "<title>\(VisibleText(shade.type, limit: 60).escaped)</title></path>")
        }
        let bottom = Double(parts.count) * (rowHeight + gap)
        if blockCount > 0 {
            pieces.append(Drawing.text("axis", labels, bottom + 12, "block 0"))
            if blockCount > 1 { pieces.append(Drawing.text("axis end", width, bottom + 12, "block \(blockCount - 1)")) }
        }
        return Drawing.svg(
            width: width, height: bottom + 18, id: id, heading: heading, description: description, pieces)
    }

    /// Blocks that can be drawn as one box; single ones where there is room between them.
    private static func runs(_ blocks: [Int], isJoined: Bool) -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for block in blocks {
            if isJoined, let last = runs.last, block == last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...block
            } else {
                runs.append(block...block)
            }
        }
        return runs
    }

    private static func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
        "M\(Drawing.n(x)) \(Drawing.n(y))h\(Drawing.n(width))v\(Drawing.n(height))h\(Drawing.n(-width))z"
    }

    private static func short(_ name: String, to room: Int) -> String {
        let base = name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
        return TerminalText.end(of: VisibleText(base, limit: 200).text, columns: room)
    }
}
