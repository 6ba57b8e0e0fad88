import Mustache

/// The templates of the pages; they share a style.
enum PageTemplates {
    enum Page: String {
        case report, index, model, compare
    }

    /// Parsed once: a site has a thousand pages.
    private static let library = Result {
        try MustacheLibrary(
            templates: sources.mapValues { try MustacheTemplate(string: String(decoding: $0, as: UTF8.self)) })
    }

    private static let sources = [
        "report": PackageResources.report_mustache, "index": PackageResources.index_mustache,
        "model": PackageResources.model_mustache, "style": PackageResources.style_mustache,
        "head": PackageResources.head_mustache, "fidelity": PackageResources.fidelity_mustache,
        "generation": PackageResources.generation_mustache, "artifacts": PackageResources.artifacts_mustache,
        "runs": PackageResources.runs_mustache, "trends": PackageResources.trends_mustache,
        "compare": PackageResources.compare_mustache, "regression": PackageResources.regression_mustache,
        "worst": PackageResources.worst_mustache,
    ]

    static func render(_ content: Any, with page: Page) throws -> String {
        try library.get().render(TemplateNode(content), withTemplate: page.rawValue) ?? ""
    }
}
