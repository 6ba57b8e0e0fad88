/// Rows of cells, each column as wide as its widest cell, two spaces before each.
struct TerminalTable {
    enum Alignment { case left, right }

    private let rows: [[String]]
    private let alignment: [Alignment]
    private let widths: [Int]

    init(rows: [[String]], alignment: [Alignment]) {
        let rows = rows.map { $0.map { VisibleText($0).text } }
        self.rows = rows
        self.alignment = alignment
        widths = alignment.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    }

    var width: Int { widths.filter { $0 > 0 }.reduce(0) { $0 + $1 + 2 } }

    func dropping(column: Int) -> TerminalTable {
        var alignment = alignment
        alignment.remove(at: column)
        let rows = rows.map { row in
            var row = row
            row.remove(at: column)
            return row
        }
        return TerminalTable(rows: rows, alignment: alignment)
    }

    var lines: [String] {
        rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() where widths[column] > 0 {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += "  " + (alignment[column] == .left ? cell + padding : padding + cell)
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
