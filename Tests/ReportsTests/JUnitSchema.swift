/// The rules of the JUnit format that CI systems share, as Jenkins' xUnit plugin states them in junit-10.xsd
/// (jenkinsci/xunit-plugin, src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd); the elements that the lab
/// never writes are left out.
enum JUnitSchema {
    private struct Rule {
        let required: Set<String>
        let optional: Set<String>
        let children: Set<String>
        var hasText = false
    }

    private static let rules: [String: Rule] = [
        "testsuites": Rule(
            required: [], optional: ["name", "time", "tests", "failures", "errors"], children: ["testsuite"]),
        "testsuite": Rule(
            required: ["name", "tests", "failures", "errors"],
            optional: [
                "group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url",
            ],
            children: ["testsuite", "properties", "testcase", "system-out", "system-err"]),
        "testcase": Rule(
            required: ["name"], optional: ["time", "classname", "group"],
            children: ["skipped", "error", "failure", "system-out", "system-err"]),
        "failure": Rule(required: [], optional: ["type", "message"], children: [], hasText: true),
        "error": Rule(required: [], optional: ["type", "message"], children: [], hasText: true),
        "skipped": Rule(required: [], optional: ["type", "message"], children: [], hasText: true),
        "system-out": Rule(required: [], optional: [], children: [], hasText: true),
        "system-err": Rule(required: [], optional: [], children: [], hasText: true),
        "properties": Rule(required: [], optional: [], children: ["property"]),
        "property": Rule(required: ["name", "value"], optional: [], children: []),
    ]

    /// Where a document departs from the rules.
    static func violations(in outline: XMLOutline) -> [String] {
        var found: [String] = []
        if outline.elements.first?.name != "testsuites" { found.append("the root is no testsuites") }
        for element in outline.elements {
            guard let rule = rules[element.name] else {
                found.append("\(element.name): unknown element")
                continue
            }
            let names = Set(element.attributes.keys)
            found += rule.required.subtracting(names).map { "\(element.name): \($0) is missing" }
            found += names.subtracting(rule.required).subtracting(rule.optional).map {
                "\(element.name): \($0) is no attribute of it"
            }
            if let parent = element.parent, rules[parent]?.children.contains(element.name) != true {
                found.append("\(element.name): may not stand in \(parent)")
            }
            if !rule.hasText, element.text.contains(where: { !$0.isWhitespace }) {
                found.append("\(element.name): holds text")
            }
            // SUREFIRE_TIME: digits, in groups of three where there are commas, and a fraction.
            if element.name != "testcase", let time = element.attributes["time"],
                time.wholeMatch(of: /(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?/) == nil
            {
                found.append("\(element.name): time \(time)")
            }
        }
        return found
    }
}
