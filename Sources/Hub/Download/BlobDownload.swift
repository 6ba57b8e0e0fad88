import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The download of one file, from the wait for its lock to its final name.
///
/// Used on the thread of the transfers' loop alone.
final class BlobDownload {
    /// How far it is.
    enum State {
        /// Somebody may be fetching it: its lock is not ours yet.
        case waiting
        /// Bytes are missing.
        case fetching
        /// All bytes came; what they are is being looked at.
        case checking
        /// The blob has its name.
        case whole
        /// It will not come.
        case failed(HubError)
    }

    let file: RepositoryFile
    private(set) var state = State.waiting
    /// Whether bytes of it were asked for.
    private(set) var wasFetched = false

    private let cache: HubCache
    private let question: HubQuestion
    private let address: String
    private let settings: HubSettings
    private let loop: TransferLoop

    private var lock: BlobLock?
    private var descriptor: Int32 = -1
    private var table: PartTable
    private var isTableSaved = true
    private var check: BlobCheck?
    private var running: [Int: Transfer] = [:]
    /// The transfer that asks where the bytes are; nil when none does.
    private var asking: Transfer?

    /// Where the bytes are: known as soon as the hub has said so.
    private var place: String?
    private var failures = Failures()

    /// Tries that did not bring what they should.
    private struct Failures {
        var inARow = 0
        var inAll = 0
        var rejections = 0
        var redirections = 0
        /// The most bytes there have been: more of them mean that tries are worth while.
        var mostBytes: Int64 = 0
        var resumesAt = ContinuousClock.now
    }

    init(
        _ file: RepositoryFile, at address: String, of cache: HubCache, commit: String, loop: TransferLoop,
        settings: HubSettings
    ) {
        self.file = file
        self.cache = cache
        self.address = address
        self.loop = loop
        self.settings = settings
        question = HubQuestion(
            reference: cache.reference, subject: "\(file.path) of \(cache.reference)", settings: settings)
        table = PartTable(sizeBytes: file.sizeBytes, partBytes: settings.partBytes)
    }

    deinit { stop() }

    /// How many bytes are there.
    var doneBytes: Int64 { if case .whole = state { file.sizeBytes } else { table.doneBytes } }

    var isEnded: Bool {
        switch state {
        case .whole, .failed: true
        default: false
        }
    }

    // MARK: - Steps, called in every turn

    /// Goes as far as it can without the network.
    func step() {
        do {
            if case .waiting = state { try begin() }
            if case .checking = state { try takeResult() }
        } catch let error as HubError {
            fail(error)
        } catch {
            fail(HubError(.disk, "\(file.path): \(error.localizedDescription)"))
        }
    }

    /// Starts the next transfer; false when there is none to start now.
    func startNext() -> Bool {
        guard case .fetching = state, failures.resumesAt <= .now,
            // The first answer tells where the bytes are, and whether they come in parts.
            place != nil || asking == nil,
            let index = table.parts.indices.first(where: { running[$0] == nil && !table.parts[$0].isWhole })
        else { return false }
        do {
            try start(part: index)
            return true
        } catch {
            fail(error as? HubError ?? HubError(.unreachable, "\(error)"))
            return false
        }
    }

    /// Keeps the table, so that a run that is killed is continued.
    func save() {
        guard !isTableSaved, descriptor >= 0 else { return }
        table.save(to: cache.record(file))
        isTableSaved = true
    }

    /// Lets go of everything; what came is kept.
    func stop() {
        for transfer in running.values { loop.remove(transfer) }
        running = [:]
        asking = nil
        check?.cancel()
        check = nil
        save()
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        lock = nil
    }

    private func begin() throws {
        if cache.hasBlob(file) { return state = .whole }
        guard let lock = try BlobLock(ifFree: cache.lock(file)) else { return }
        // Whoever had the lock may have fetched it.
        if cache.hasBlob(file) { return state = .whole }
        self.lock = lock
        let partial = cache.partial(file)
        descriptor = open(partial.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw diskError("cannot be made") }
        if let known = PartTable(contentsOf: cache.record(file), sizeBytes: file.sizeBytes), isPlausible(known) {
            table = known
        } else {
            guard ftruncate(descriptor, 0) == 0 else { throw diskError("cannot be emptied") }
        }
        failures.mostBytes = table.doneBytes
        startCheck()
        state = table.isWhole ? .checking : .fetching
    }

    /// A file that is shorter than its table says has lost something.
    private func isPlausible(_ table: PartTable) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return table.parts.allSatisfy { $0.done == 0 || $0.start + $0.done <= Int64(status.st_size) }
    }

    private func startCheck() {
        check?.cancel()
        check = BlobCheck(file, at: cache.partial(file)) { [loop] in loop.wake() }
        check?.advance(to: table.prefixBytes)
    }

    private func takeResult() throws {
        switch check?.result {
        case nil: return
        case .right: try finish()
        case .wrong(let hex): try reject("has the digest \(hex)")
        case .failed(let why): throw HubError(.disk, "\(cache.partial(file).path) cannot be checked: \(why)")
        }
    }

    private func finish() throws {
        guard rename(cache.partial(file).path, cache.blob(file).path) == 0 else { throw diskError("cannot be renamed") }
        isTableSaved = true
        try? FileManager.default.removeItem(at: cache.record(file))
        state = .whole
        stop()
    }

    /// All bytes came and are not the file's: none of them is kept.
    private func reject(_ what: String) throws {
        failures.rejections += 1
        check?.cancel()
        check = nil
        guard failures.rejections <= settings.rejections else {
            try? FileManager.default.removeItem(at: cache.partial(file))
            try? FileManager.default.removeItem(at: cache.record(file))
            isTableSaved = true
            throw HubError(
                .corrupt,
                "\(question.subject): what came \(what), and the hub states \(file.identity.etag); "
                    + "\(failures.rejections) downloads went that way and nothing was kept",
                remedy: "a proxy on the way may change files: try without it, or another HF_ENDPOINT")
        }
        place = nil
        try restart(PartTable(sizeBytes: file.sizeBytes, partBytes: settings.partBytes))
    }

    private func restart(_ table: PartTable) throws {
        guard ftruncate(descriptor, 0) == 0 else { throw diskError("cannot be emptied") }
        self.table = table
        isTableSaved = false
        failures.mostBytes = 0
        failures.inARow = 0
        startCheck()
        state = .fetching
    }

    // MARK: - Transfers

    private func start(part index: Int) throws {
        wasFetched = true
        let from = place ?? address
        let round = failures.inAll
        let part = table.parts[index]
        let isAll = table.parts.count == 1 && part.done == 0
        let transfer = try Transfer(question.request(from, range: isAll ? nil : part.missing), settings: settings)
        var index = index
        var answer: HubAnswer?
        var fault: String?
        transfer.onHead = { [unowned self, unowned transfer] head in
            answer = question.answer(head, from: from)
            fault = faultOfTags(head, from: from)
            guard case .content = answer, fault == nil else { return false }
            place = from
            if asking === transfer { asking = nil }
            failures.redirections = 0
            do {
                fault = try accept(head, part: &index, transfer)
            } catch {
                fail(error as? HubError ?? HubError(.disk, "\(error)"), except: transfer)
                return false
            }
            return fault == nil
        }
        transfer.onBytes = { [unowned self, unowned transfer] bytes in
            guard bytes.count <= table.parts[index].count - table.parts[index].done else {
                fault = "more bytes than were asked for"
                return false
            }
            return write(bytes, part: index, transfer)
        }
        transfer.onEnd = { [unowned self, unowned transfer] end in
            running[index] = nil
            if asking === transfer { asking = nil }
            settle(answer, end, fault: fault, part: index, round)
        }
        running[index] = transfer
        if place == nil { asking = transfer }
        loop.add(transfer)
    }

    /// What is wrong with what the hub states of a file; nil when it is what the listing says.
    private func faultOfTags(_ head: HTTPHead, from address: String) -> String? {
        guard question.isHub(address), (200..<400).contains(head.status) else { return nil }
        if let tag = head.statedTag, tag != file.identity.etag, head["x-linked-etag"] != nil || tag.utf8.count == 40 {
            return "the hub states two digests of it, \(file.identity.etag) and \(tag)"
        }
        if let size = head["x-linked-size"].flatMap({ Int64($0) }), size != file.sizeBytes {
            return "the hub states two sizes of it, \(file.sizeBytes) and \(size)"
        }
        return nil
    }

    /// Sees whether the bytes that follow are those that are missing; a fault where they are not.
    private func accept(_ head: HTTPHead, part index: inout Int, _ transfer: Transfer) throws -> String? {
        if head.status == 206 {
            guard let range = head.contentRange, range.bytes.lowerBound == table.parts[index].missing.lowerBound,
                range.bytes.upperBound <= table.parts[index].missing.upperBound,
                range.total ?? file.sizeBytes == file.sizeBytes
            else { return "other bytes than were asked for: \(head["content-range"] ?? "no Content-Range")" }
            return nil
        }
        if let size = head.contentLength, size != file.sizeBytes {
            return "\(size) bytes, and the hub states \(file.sizeBytes)"
        }
        let missing = table.parts[index].missing
        guard table.parts.count > 1 || missing.lowerBound > 0 else { return nil }
        // The server knows no parts: the whole file comes, and this transfer takes it.
        for (other, loser) in running where other != index { loop.remove(loser) }
        running = [0: transfer]
        asking = nil
        index = 0
        try restart(PartTable(sizeBytes: file.sizeBytes, partBytes: .max))
        return nil
    }

    private func write(_ bytes: UnsafeRawBufferPointer, part index: Int, _ transfer: Transfer) -> Bool {
        var written = 0
        while written < bytes.count {
            let part = table.parts[index]
            let count = pwrite(
                descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written,
                off_t(part.start + part.done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                fail(diskError("cannot be written"), except: transfer)
                return false
            }
            written += count
            table.parts[index].done += Int64(count)
            isTableSaved = false
        }
        check?.advance(to: table.prefixBytes)
        return true
    }

    private func settle(_ answer: HubAnswer?, _ end: Transfer.End, fault: String?, part index: Int, _ round: Int) {
        guard case .fetching = state else { return }
        if let fault { return retry(fault, pause: nil, round) }
        switch (answer, end) {
        case (.elsewhere(let url), _):
            failures.redirections += 1
            guard failures.redirections <= 6 else { return retry("the hub leads in circles", pause: nil, round) }
            place = url
        case (.final(let error), _): fail(error)
        case (.later(let why, let pause), _): retry(why, pause: pause, round)
        case (_, .failed(let why, isFinal: true)): fail(.unreachable(question.subject, why, settings: settings))
        case (_, .failed(let why, isFinal: false)): retry(why, pause: nil, round)
        case (_, .stopped): retry("the transfer was stopped", pause: nil, round)
        case (_, .whole):
            guard table.parts[index].isWhole else { return retry("the answer ends too early", pause: nil, round) }
            failures.inARow = 0
            if table.isWhole { state = .checking }
        }
    }

    /// Lets a part be tried again, after a pause.
    ///
    /// - Parameter round: how many failures there were when the transfer was started.
    private func retry(_ why: String, pause: Duration?, _ round: Int) {
        // Transfers that break together are one failure.
        guard round == failures.inAll else { return }
        let done = table.doneBytes
        failures.inARow = done > failures.mostBytes ? 1 : failures.inARow + 1
        failures.mostBytes = max(done, failures.mostBytes)
        failures.inAll += 1
        // Addresses expire; the hub knows the present one.
        place = nil
        failures.redirections = 0
        guard failures.inARow <= settings.patience, failures.inAll <= 50 + 4 * table.parts.count else {
            return fail(.unreachable(question.subject, why, settings: settings))
        }
        let wait = min(max(pause ?? .zero, settings.pause(afterFailures: failures.inARow)), settings.longestPause)
        failures.resumesAt = .now + wait
    }

    /// Ends the download. A transfer that is just being told something ends by itself.
    private func fail(_ error: HubError, except transfer: Transfer? = nil) {
        if let transfer { running = running.filter { $0.value !== transfer } }
        stop()
        state = .failed(error)
    }

    private func diskError(_ what: String) -> HubError {
        let number = errno
        return HubError(
            .disk, "\(cache.partial(file).path) \(what): \(String(cString: strerror(number)))",
            remedy: number == ENOSPC || number == EDQUOT || number == EFBIG
                ? "free some disk space, or name another cache with HF_HOME or HF_HUB_CACHE; what came is kept"
                : "make the cache writable, or name another with HF_HOME or HF_HUB_CACHE")
    }
}
