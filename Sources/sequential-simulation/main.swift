import Foundation
import LabCore

// sequential-simulation: how often the sequential gate's verdict differs from that of all chunks, and how many chunks it
// uses, on recorded series. Ends with 1 where it differs more often than alpha, by the upper 99 % limit, or where a long
// series at half or twice its margin takes more than 20 % of its chunks in the median.

func giveUp(_ message: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data(message.utf8))
    exit(code)
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else { giveUp(Options.usage, code: 2) }
if options.changePoints { exit(ChangePointTables.print(seed: options.seed) ? 0 : 1) }
let series: [Series]
do {
    series = try options.readSeries()
} catch {
    let cause = error.localizedDescription
    giveUp("sequential-simulation: error: cannot read the series in \(options.folder): \(cause)\n", code: 4)
}
guard !series.isEmpty else { giveUp("sequential-simulation: error: \(options.folder) has no such series\n", code: 4) }

if options.flakes { exit(Flakes.print(series, shuffles: options.shuffles, seed: options.seed) ? 0 : 1) }

let cases = series.flatMap { Case.all(of: $0, ratios: options.ratios) }
let table = Table()
print(table.header)
var isSound = true
var worst = 0.0
var skipped = 0
// Results come in any order and are shown in that of the cases.
await withTaskGroup(of: (Int, Row?).self) { group in
    for (index, one) in cases.enumerated() {
        let (shuffles, reach, seed) = (options.shuffles, options.reach, Digest(of: "\(options.seed) \(index)"))
        group.addTask { (index, Row(one, shuffles: shuffles, seed: seed, reach: reach)) }
    }
    var waiting: [Int: Row?] = [:]
    var next = 0
    for await (index, row) in group {
        waiting[index] = row
        while let row = waiting.removeValue(forKey: next) {
            next += 1
            guard let row else {
                skipped += 1
                continue
            }
            print(table.line(row))
            worst = max(worst, row.disagreementLimit)
            isSound = isSound && row.isSound
        }
    }
}
print(
    "\n\(cases.count - skipped) cases of \(options.shuffles) orders: disagreement at most \(table.percent(worst)) (upper 99 % limit); "
        + (isSound ? "all demands met" : "demands NOT met, see the marked lines"))
if skipped > 0 {
    print("\(skipped) cases skipped: the series is no worse than its parent, so no margin makes the ratio")
}
exit(isSound ? 0 : 1)
