import Foundation
import Hub
import LabCore
import Testing

@Suite struct ReferenceTests {
    @Test func aNameMayCarryARevision() throws {
        let reference = try RepositoryReference("Qwen/Qwen3-8B@refs/pr/3")
        #expect(reference.id == "Qwen/Qwen3-8B" && reference.revision == "refs/pr/3" && reference.name == "Qwen3-8B")
        #expect(try RepositoryReference("gpt2").id == "gpt2")
    }

    @Test(arguments: [
        "", "/", "a/", "/b", "a/b/c", "../b", "a/..", "a/b@", "a/b@../x", "a/b@x/../../y", "a b/c", "a--b/c", "a/b.git",
        "a/b@.hidden", "a/b\u{0}c", "-a/b", "./a",
    ])
    func aNameThatCannotBeOneIsBadUsage(_ text: String) throws {
        let error = try #require(throws: HubError.self) { try RepositoryReference(text) }
        #expect(error.exitCode == .usage)
        #expect(!RepositoryReference.isPossible(text))
    }

    @Test func theEnvironmentIsThatOfPython() {
        let home = URL(fileURLWithPath: "/home/me")
        func settings(_ environment: [String: String]) -> HubSettings {
            HubSettings(environment: environment, home: home)
        }
        #expect(settings([:]).cache.path == "/home/me/.cache/huggingface/hub")
        #expect(settings(["XDG_CACHE_HOME": "/x"]).cache.path == "/x/huggingface/hub")
        #expect(settings(["HF_HOME": "~/hf"]).cache.path == "/home/me/hf/hub")
        #expect(settings(["HF_HOME": "/a", "HF_HUB_CACHE": "/b"]).cache.path == "/b")
        #expect(settings(["HF_ENDPOINT": "https://mirror/"]).endpoint == "https://mirror")
        #expect(settings(["HF_HUB_OFFLINE": "YES"]).isOffline && !settings(["HF_HUB_OFFLINE": "0"]).isOffline)
        #expect(settings(["HF_HUB_DOWNLOAD_TIMEOUT": "3"]).stallTimeout == .seconds(3))
        #expect(settings(["HF_TOKEN": " t \n"]).token != nil)
        #expect(settings(["HF_TOKEN": "t", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]).token == nil)
    }

    @Test func theTokenMayLieInItsFile() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("hf_x\n".utf8).write(to: folder.appendingPathComponent("token"))
        #expect(HubSettings(environment: ["HF_HOME": folder.path]).token != nil)
        #expect(
            HubSettings(environment: ["HF_HOME": "/nowhere", "HF_TOKEN_PATH": "\(folder.path)/token"]).token != nil)
        #expect(AccessToken("a\nHost: b") == nil)
    }
}
