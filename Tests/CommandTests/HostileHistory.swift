import Foundation
import History
import LabCore

/// A history whose names are all hostile: of models, suites, recipes, branches, texts, devices and engines.
enum HostileHistory {
    /// Texts that have broken pages, and one that is a page's worth.
    static let names = [
        "<script>window.harmed=1</script>", "<img src=x onerror=\"window.harmed=1\">",
        "\" onmouseover=\"window.harmed=1",
        "</title></svg><svg onload=window.harmed=1>", "]]><![CDATA[<x>", "{{title}}{{{gauge}}}",
        "javascript:window.harmed=1",
        "../../etc/passwd", "\u{202E}gnp.exe\u{202C}", "\u{1B}[31mred", "nul\u{0}byte", "line\u{2028}end\r\n",
        "&lt;already&gt; &#x3C;b&#62;", String(repeating: "unbroken", count: 40),
        String(repeating: "\u{5E9}", count: 300),
        "z" + String(repeating: "\u{301}", count: 300), String(repeating: "<\"&'>", count: 20_000),
    ]

    /// Six runs of each name in every place, with a shift in the middle, so that every trend is drawn.
    static func write(to file: URL) throws {
        let history = try History(at: file)
        for (place, name) in names.enumerated() {
            try history.record((0..<6).map { run(number: 6 * place + $0, name, value: $0 < 3 ? 2 : 3.5) })
        }
    }

    private static func run(number: Int, _ name: String, value: Double) -> RunRecord {
        var run = SyntheticHistory.run(number)
        run.suite.name = name
        run.command = name
        run.origin = OriginRecord(branch: name, commit: name)
        run.engine?.build = name
        (run.machine.device, run.machine.system, run.machine.processor) = (name, name, name)
        for index in run.artifacts.indices {
            run.artifacts[index].model = name
            run.artifacts[index].recipe = run.artifacts[index].role == .parent ? "BF16" : name
        }
        for index in run.measurements.indices {
            run.measurements[index].dataset = name
            if run.measurements[index].metric == "perplexity_increase" { run.measurements[index].value = value }
        }
        for index in run.verdicts.indices { run.verdicts[index].reason = name }
        for index in run.datasets.indices { run.datasets[index].name = name }
        return run
    }
}
