import Foundation
import ModelFormats
import Testing

@Suite struct CachedOriginTests {
    @Test func aSnapshotsPathTellsTheRepository() {
        let commit = String(repeating: "0a", count: 20)
        let origin = CachedOrigin(URL(fileURLWithPath: "/c/hub/models--Qwen--Qwen3-8B/snapshots/\(commit)"))
        #expect(origin?.id == "Qwen/Qwen3-8B" && origin?.name == "Qwen3-8B" && origin?.commit == commit)
        #expect(CachedOrigin(URL(fileURLWithPath: "/c/models--gpt2/snapshots/\(commit)"))?.id == "gpt2")
    }

    @Test(arguments: ["/models/Qwen3-8B", "/models--a--b/snapshots/main", "/x/snapshots/y", "/"])
    func anyOtherFolderTellsNothing(_ path: String) {
        #expect(CachedOrigin(URL(fileURLWithPath: path)) == nil)
        #expect(CachedOrigin.modelName(of: URL(fileURLWithPath: "/models/Qwen3-8B")) == "Qwen3-8B")
    }
}
