import ArgumentParser
import Foundation
import LabCore
import LabRunner

struct PackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Parents' predictions as files: with one, an artifact is validated without its parent.",
        subcommands: [List.self, Export.self, Import.self, Verify.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The packs in the store, and their texts.")

        @OptionGroup var places: PlaceOptions

        func run() throws {
            let packs = try PackStore(in: places.storeFolder).packs()
            guard !packs.isEmpty else {
                print("no packs yet in \(places.storeFolder.path); an evaluation of fidelity makes one")
                return
            }
            for pack in packs {
                let parent = pack.description.parent
                print("\(pack.description.id.short)  \(parent.model) \(parent.recipe)")
                for text in pack.texts() {
                    print("    \(text.name): \(pack.recordCount(of: text)) of \(text.windows.count) windows")
                }
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a pack as one file to publish.")

        @Argument(help: "The beginning of the pack's identifier.")
        var pack: String

        @Argument(help: "The file to write.")
        var file: String

        @Option(help: "The text, where the pack has several.")
        var text: String?

        @OptionGroup var places: PlaceOptions

        func run() throws {
            let store = PackStore(in: places.storeFolder)
            let url = URL(fileURLWithPath: file)
            _ = try store.export(store.resolve(pack), text: text, to: url)
            try PackCommand.describe(PackFile(contentsOf: url))
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a published pack into the store.")

        @Argument(help: "The file.")
        var file: String

        @OptionGroup var places: PlaceOptions

        func run() throws {
            let pack = try PackStore(in: places.storeFolder).importPack(
                PackFile(contentsOf: URL(fileURLWithPath: file)))
            print("pack \(pack.description.id.short) of \(pack.description.parent.model) is in the store")
            print("use it with: ./lab run SUITE --artifact FILE --pack \(pack.description.id.short)")
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a pack's file: its digest, each window's record, and the perplexity they add up to.")

        @Argument(help: "The file.")
        var file: String

        func run() throws {
            let pack = try PackFile(contentsOf: URL(fileURLWithPath: file))
            let score = try pack.verify()
            try PackCommand.describe(pack)
            print("perplexity  \(exp(score.meanNats).fixed(4)) over \(score.tokenCount) tokens")
            print("every record is whole")
        }
    }

    private static func describe(_ file: PackFile) throws {
        let header = file.header
        print("pack        \(header.pack.id.short)")
        print(
            "parent      \(header.pack.parent.model) \(header.pack.parent.recipe), SHA-256 \(header.pack.parent.sha256.short)"
        )
        let windows =
            "\(header.text.windows.count) windows of \(header.pack.conditions.parameters["n_ctx"] ?? "?") tokens"
        print("text        \(header.text.name), SHA-256 \(header.text.sha256.short), \(windows)")
        print("made on     \(header.pack.conditions.backend), engine \(header.pack.conditions.engine)")
        print("size        \(file.sizeBytes.description)")
        print("digest      \(file.digest)")
    }
}
