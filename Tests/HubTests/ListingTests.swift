import Foundation
import Hub
import Testing

@Suite struct ListingTests {
    private static let commit = String(repeating: "ab", count: 20)

    private func listing(_ siblings: String, sha: String = ListingTests.commit) throws -> RepositoryListing {
        try RepositoryListing(
            RepositoryReference("a/b"),
            answer: Data(#"{"id": "a/b", "sha": "\#(sha)", "siblings": [\#(siblings)]}"#.utf8))
    }

    private func sibling(_ path: String) -> String {
        #"{"rfilename": "\#(path)", "size": 1, "blobId": "\#(Self.commit)"}"#
    }

    @Test func sizesAndDigestsAreTakenFromWhereTheyAre() throws {
        let digest = String(repeating: "0f", count: 32)
        let large = #"{"rfilename": "w", "size": 9, "blobId": "x", "lfs": {"sha256": "\#(digest)", "size": 7}}"#

        let files = try listing(large + "," + sibling("folder/c")).files

        #expect(files.map(\.path) == ["folder/c", "w"])
        #expect(files.map(\.sizeBytes) == [1, 7])
        #expect(files.map(\.identity.etag) == [Self.commit, digest])
    }

    @Test(arguments: ["../x", "a/../../x", "/x", "a//b", "", ".", "a/./b"])
    func aPathThatLeadsOutIsRefused(_ path: String) throws {
        let error = try #require(throws: HubError.self) { try listing(sibling(path)) }
        #expect(error.code == .malformed)
    }

    @Test func whatNoHubSaysIsRefused() throws {
        #expect(throws: HubError.self) { try listing(sibling("x"), sha: "main") }
        #expect(throws: HubError.self) { try listing(sibling("x"), sha: "../../../x") }
        #expect(throws: HubError.self) { try listing(sibling("x") + "," + sibling("x")) }
        #expect(throws: HubError.self) { try listing(#"{"rfilename": "x", "size": 1, "blobId": "../../x"}"#) }
        #expect(throws: HubError.self) { try listing(#"{"rfilename": "x", "blobId": "\#(Self.commit)"}"#) }
        #expect(throws: HubError.self) { try listing(#"{"rfilename": "x", "size": -1, "blobId": "\#(Self.commit)"}"#) }
        #expect(throws: HubError.self) {
            try RepositoryListing(RepositoryReference("a/b"), answer: Data("<html>".utf8))
        }
    }
}
