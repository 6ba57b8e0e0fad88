import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Interrupted and simultaneous runs", .serialized)
struct InterruptionTests {
    @Test("a killed run keeps what it finished, and the next one does only the rest")
    func killed() throws {
        let lab = try LabCommand()
        let running = try lab.start(run: "suites/smoke")
        // Kill it as soon as the history has some samples; its tables alone take 136 kB.
        let wal = URL(fileURLWithPath: lab.history.path + "-wal")
        let deadline = Date(timeIntervalSinceNow: 120)
        while size(of: wal) < 200_000, running.isRunning, Date() < deadline { usleep(2_000) }
        running.kill()
        #expect(try running.wait().status == 9)

        let second = try lab.run("suites/smoke")
        #expect(second.status == 0, "\(second.errors)")
        let report = try lab.report()
        #expect(report.reuse.samplesReused > 0)
        #expect(report.reuse.samplesComputed > 0)

        let fresh = try LabCommand()
        #expect(try fresh.run("suites/smoke").status == 0)
        let whole = try fresh.report()
        #expect(whole.reuse.samplesReused == 0)
        #expect(report.reuse.samplesComputed < whole.reuse.samplesComputed)
        #expect(whole.measurements.map(\.value) == report.measurements.map(\.value))
        #expect(whole.artifacts.map(\.sha256) == report.artifacts.map(\.sha256))
    }

    @Test("a run killed while it converts leaves nothing half written under a final name")
    func killedWhileConverting() throws {
        for delayMilliseconds in [5, 20, 40, 80, 160] {
            let lab = try LabCommand()
            let running = try lab.start(run: "suites/smoke", ["--limit", "2"])
            usleep(UInt32(delayMilliseconds) * 1000)
            running.kill()
            _ = try running.wait()
            let second = try lab.run("suites/smoke", ["--limit", "8"])
            #expect(second.status == 0 || second.status == 3, "\(second.errors)")
        }
    }

    @Test("two labs at once on one store and one history agree")
    func simultaneous() throws {
        let lab = try LabCommand()
        let both = [try lab.start(run: "suites/smoke"), try lab.start(run: "suites/smoke")]
        let results = try both.map { try $0.wait() }
        #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
        #expect(try lab.run("suites/smoke").status == 0)
        let reuse = try lab.report().reuse
        #expect(reuse.samplesComputed == 0)
        // Of 96 windows: both likelihoods and the divergence, which needs no predictions once it is known; and the
        // noise floor's 8.
        #expect(reuse.samplesReused == 3 * 96 + 8)
    }

    #if os(Linux)
        static let canMount =
            (try? LabCommand.command(["unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status) == 0

        @Test(
            "a disk that fills up while writing is exit 4, says so, and leaves nothing half written",
            .enabled(if: canMount, "needs user namespaces: sysctl kernel.unprivileged_userns_clone=1, or run as root"),
            arguments: [1, 4, 9])
        func fullDisk(megabytes: Int) throws {
            let lab = try LabCommand()
            let disk = lab.folder.appendingPathComponent("disk")
            try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
            let listing = lab.folder.appendingPathComponent("listing")
            let script = """
                mount -t tmpfs -o size=\(megabytes)m tmpfs '\(disk.path)'
                '\(LabCommand.executable.path)' run suites/smoke --store '\(disk.path)/store' \
                    --history '\(lab.history.path)' --output '\(lab.reports.path)'
                status=$?
                find '\(disk.path)' -name '*.gguf*' > '\(listing.path)'
                exit $status
                """
            let result = try LabCommand.command(["unshare", "-rm", "sh", "-c", script])
            #expect(result.status == 4, "\(result.errors)")
            #expect(result.errors.contains("No space left") || result.errors.contains("the disk has"))
            #expect(try String(contentsOf: listing, encoding: .utf8).isEmpty)
        }
    #endif

    private func size(of file: URL) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }
}
