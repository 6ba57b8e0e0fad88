import Foundation
import LabCore
import Testing

@Suite("Files of the kernel")
struct KernelFileTests {
    #if os(Linux)
        @Test("are read to their end, which is pages away")
        func whole() throws {
            let text = try #require(KernelFile.text("/proc/self/smaps"))
            #expect(text.utf8.count > 8 * 4096)
            #expect(text.hasSuffix("\n"))
            // Each mapping is told with the kinds of its pages, the last one too.
            let kinds = text.split(separator: "\n").filter { $0.hasPrefix("VmFlags:") }
            #expect(text.split(separator: "\n").last == kinds.last)
        }
    #endif

    @Test("that are not there have no text")
    func missing() {
        #expect(KernelFile.text("/proc/self/no-such-file") == nil)
    }
}
