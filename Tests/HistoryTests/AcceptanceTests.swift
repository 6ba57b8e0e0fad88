import Foundation
import History
import LabCore
import Testing

@Suite struct AcceptanceTests {
    private let now = Date(timeIntervalSince1970: 1_795_400_000)

    @Test func theRunAcceptedLastIsTheReference() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for minute in 1...3 { try history.record(run("run-\(minute)", minute: Double(minute))) }
        #expect(try history.acceptedRun(like: run("new")) == nil)

        try history.accept("run-2", note: "released as 1.1", at: now + 60)
        try history.accept("run-1", note: "released as 1.0", at: now)

        #expect(try history.acceptedRun(like: run("new"))?.id == "run-2")
        #expect(
            try history.acceptances(of: "run-2")
                == [Acceptance(runID: "run-2", acceptedAt: now + 60, note: "released as 1.1")])
        #expect(try history.acceptances(of: "run-3").isEmpty)
        try history.accept("run-1", note: "back to 1.0", at: now + 120)
        #expect(try history.acceptedRun(like: run("new"))?.id == "run-1")
        #expect(try history.acceptances(of: "run-1").map(\.note) == ["back to 1.0", "released as 1.0"])
    }

    @Test func aRunIsNeverItsOwnReference() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a", minute: 1))
        try history.record(run("b", minute: 2))
        try history.accept("a", note: "", at: now)
        try history.accept("b", note: "", at: now + 1)
        #expect(try history.acceptedRun(like: run("b", minute: 2))?.id == "a")
        #expect(try history.acceptedRun(like: run("a", minute: 1))?.id == "b")
    }

    @Test(arguments: ["suite", "model", "recipe", "backend", "unmeasured"])
    func aRunOfAnotherKindIsNoReference(what: String) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a"))
        try history.accept("a", note: "", at: now)
        var other = run("b")
        switch what {
        case "suite": other.suite.name = "ultra"
        case "model": other.artifacts[1].model = "another"
        case "recipe": other.artifacts[1].recipe = "Q6_K"
        case "backend": other.measurements[0].backend = "cuda"
        default: other.measurements = []
        }
        #expect(try history.acceptedRun(like: other) == nil)
        #expect(try history.acceptedRun(like: run("b"))?.id == "a")
    }

    @Test func oneBackendInCommonMakesAReference() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        var both = run("a")
        both.measurements.append(both.measurements[0])
        both.measurements[1].backend = "cuda"
        try history.record(both)
        try history.accept("a", note: "", at: now)
        var subject = run("b")
        subject.measurements[0].backend = "cuda"
        #expect(try history.acceptedRun(like: subject)?.id == "a")
    }

    @Test func aReferenceWithAllBackendsGoesBeforeANewerOneWithSome() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        var both = run("both")
        both.measurements.append(both.measurements[0])
        both.measurements[1].backend = "cuda"
        try history.record(both)
        try history.record(run("cpu", minute: 1))
        for (seconds, id) in ["both", "cpu"].enumerated() {
            try history.accept(id, note: "", at: now + Double(seconds))
        }
        var subject = both
        subject.id = "new"
        #expect(try history.acceptedRun(like: subject)?.id == "both")
        #expect(try history.acceptedRun(like: run("new"))?.id == "cpu")
    }

    @Test func theNewestRunOfABranchIsFound() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for (minute, branch) in ["main", "main", "feature", nil].enumerated() {
            var run = run("run-\(minute)", minute: Double(minute))
            run.origin = branch.map { OriginRecord(branch: $0, commit: "0123abcd") }
            try history.record(run)
        }
        #expect(try history.latestRun(branch: "main", like: run("new"))?.id == "run-1")
        #expect(try history.latestRun(branch: "main", like: run("run-1"))?.id == "run-0")
        #expect(try history.latestRun(branch: "release", like: run("new")) == nil)
        #expect(try history.latestRun(branch: "main", like: run("new", suite: "ultra")) == nil)
        #expect(try history.run(id: "run-0")?.origin == OriginRecord(branch: "main", commit: "0123abcd"))
    }

    @Test func acceptingARunThatIsNotThereIsAUsageError() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: HistoryError.self) {
            try History(at: directory.history).accept("nobody", note: "", at: now)
        }
        #expect(error?.code == .unknownRun)
        #expect(error?.exitCode == .usage)
    }
}
