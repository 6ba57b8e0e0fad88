import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The elements of an XML text in document order; nil when it is not well-formed.
struct XMLOutline {
    struct Element {
        let name: String
        let attributes: [String: String]
        /// The name of the element it stands in; nil for the root.
        let parent: String?
        var text = ""
    }

    let elements: [Element]

    init?(_ text: String) {
        let reader = Reader()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reader
        guard parser.parse() else { return nil }
        elements = reader.elements
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        private var open: [Int] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            open.append(elements.count)
            let parent = open.dropLast().last.map { elements[$0].name }
            elements.append(Element(name: name, attributes: attributes, parent: parent))
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) {
            open.removeLast()
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if let last = open.last { elements[last].text += text }
        }
    }
}
