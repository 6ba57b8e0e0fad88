import Foundation
public import LabCore

/// The pages of a static site over a history, besides those of its runs: plain HTML with relative links.
public enum SitePages {
    /// Runs listed on the first page and on a model's page.
    private static let listLimit = 100

    /// The first page: models, newest runs, months.
    ///
    /// - Parameter runs: newest first.
    public static func index(_ runs: [SiteRun]) throws -> String {
        var models: [(name: String, runs: [SiteRun])] = []
        var places: [String: Int] = [:]
        for run in runs {
            for model in run.models {
                if let place = places[model] {
                    models[place].runs.append(run)
                } else {
                    places[model] = models.count
                    models.append((model, [run]))
                }
            }
        }
        let page = IndexPage(
            title: Markup("llama-pajamas lab"),
            summary: Markup(summary(runs) + (models.count > 1 ? " of \(models.count) models" : "") + "."),
            hasRuns: !runs.isEmpty, models: models.map { ModelRow($0.name, $0.runs) }, hasModels: !models.isEmpty,
            runs: runs.prefix(listLimit).map { RunRow($0, below: "") }, months: months(of: runs))
        return try render(page, .index, "index")
    }

    /// A model's page: its judged metrics over time, its newest runs.
    ///
    /// - Parameter runs: newest first.
    public static func model(_ name: String, _ runs: [SiteRun], trends: [Trend]) throws -> String {
        let sections = TrendSection.all(trends)
        let months = Set(runs.dropFirst(listLimit).map { String(Format.day($0.startedAt).prefix(7)) })
        let page = ListPage(
            title: Markup(name, limit: 200), summary: Markup(summary(runs) + "."), trends: sections,
            hasTrends: !sections.isEmpty, runs: runs.prefix(listLimit).map { RunRow($0, below: "../") },
            older: runs.count > listLimit
                ? months.sorted(by: >).map { Link(target: Markup(html: "../" + SitePath.month($0)), name: Markup($0)) }
                : [],
            hasOlder: runs.count > listLimit)
        return try render(page, .model, name)
    }

    /// A month's page: all its runs.
    ///
    /// - Parameter runs: newest first.
    public static func month(_ month: String, _ runs: [SiteRun]) throws -> String {
        let page = ListPage(
            title: Markup(month), summary: Markup(summary(runs) + "."), trends: [], hasTrends: false,
            runs: runs.map { RunRow($0, below: "../") }, older: [], hasOlder: false)
        return try render(page, .model, month)
    }

    /// "2026-11" for a run of that month.
    public static func month(of run: SiteRun) -> String { String(Format.day(run.startedAt).prefix(7)) }

    private static func summary(_ runs: [SiteRun]) -> String {
        guard let newest = runs.first, let oldest = runs.last else { return "No runs yet" }
        let counts = [VerdictStatus.pass, .fail, .infeasible, .inconclusive].compactMap { status -> String? in
            let count = runs.count { $0.verdict == status }
            return count > 0 ? "\(count) \(Headline.word(status).lowercased())" : nil
        }
        let days =
            runs.count == 1
            ? "on \(Format.day(newest.startedAt))"
            : "from \(Format.day(oldest.startedAt)) to \(Format.day(newest.startedAt))"
        let count = runs.count == 1 ? "1 run" : "\(Format.grouped(runs.count)) runs"
        return "\(count) \(days) (\(counts.joined(separator: ", ")))"
    }

    private static func months(of runs: [SiteRun]) -> [Link] {
        var counts: [String: Int] = [:]
        for run in runs { counts[month(of: run), default: 0] += 1 }
        return counts.sorted { $0.key > $1.key }.map {
            Link(
                target: Markup(html: SitePath.month($0.key)),
                name: Markup("\($0.key), \(Format.count($0.value, "run"))"))
        }
    }

    private static func render(_ page: Any, _ template: PageTemplates.Page, _ name: String) throws -> String {
        do {
            return try PageTemplates.render(page, with: template)
        } catch {
            throw ReportError.rendering(run: name, report: "site", cause: "\(error)")
        }
    }
}

/// The first page; property names are the template's tags.
private struct IndexPage {
    let title: Markup
    let summary: Markup
    let hasRuns: Bool
    let models: [ModelRow]
    let hasModels: Bool
    let runs: [RunRow]
    let months: [Link]
}

/// A list of runs; property names are the template's tags.
private struct ListPage {
    let title: Markup
    let summary: Markup
    let trends: [TrendSection]
    let hasTrends: Bool
    let runs: [RunRow]
    let older: [Link]
    let hasOlder: Bool
}

private struct Link {
    let target: Markup
    let name: Markup
}

private struct ModelRow {
    let target: Markup
    let name: Markup
    let count: Markup
    let day: Markup
    let suites: [SuiteState]

    struct SuiteState {
        let suite: Markup
        let status: Markup
        let word: Markup
        let finding: Markup
        let target: Markup
    }

    /// - Parameter runs: newest first.
    init(_ name: String, _ runs: [SiteRun]) {
        target = Markup(html: SitePath.model(name))
        self.name = Markup(name, limit: 200)
        count = Markup(Format.count(runs.count, "run"))
        day = Markup(runs.first.map { Format.day($0.startedAt) } ?? "")
        var seen: Set<String> = []
        suites = runs.filter { seen.insert($0.suite).inserted }.prefix(8).map {
            SuiteState(
                suite: Markup($0.suite, limit: 60), status: Markup($0.verdict.rawValue),
                word: Markup(Headline.word($0.verdict)), finding: Markup($0.finding),
                target: Markup(html: SitePath.run($0.id)))
        }
    }
}

private struct RunRow {
    let target: Markup
    let moment: Markup
    let suite: Markup
    let candidates: Markup
    let status: Markup
    let word: Markup
    let finding: Markup
    let took: Markup

    init(_ run: SiteRun, below: String) {
        target = Markup(html: below + SitePath.run(run.id))
        moment = Markup(Format.moment(run.startedAt))
        suite = Markup(run.suite, limit: 60)
        candidates = Markup(run.candidates.map { "\($0.model) \($0.recipe)" }.joined(separator: ", "), limit: 300)
        status = Markup(run.verdict.rawValue)
        word = Markup(Headline.word(run.verdict))
        finding = Markup(run.finding, limit: 200)
        took = Markup(Format.duration(seconds: run.durationSeconds))
    }
}
