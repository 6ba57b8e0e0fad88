import CCurl
import Foundation

/// Runs transfers beside each other: libcurl's multi handle.
///
/// Used on one thread; only ``wake()`` is called from others, which libcurl allows: hence the unchecked conformance.
final class TransferLoop: @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]
    /// Removed while libcurl was at work, which does not take that from its callbacks.
    private var leaving: [Transfer] = []
    private var isAtWork = false

    /// Transfers that have not ended.
    var count: Int { running.count }

    init(connections: Int) throws {
        guard let multi = curl_multi_init() else { throw HubError(.unreachable, "libcurl cannot be started") }
        self.multi = multi
        _ = lab_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections * 2)
    }

    deinit {
        for transfer in leaving + running.values { curl_multi_remove_handle(multi, transfer.easy) }
        curl_multi_cleanup(multi)
    }

    /// Starts a transfer.
    func add(_ transfer: Transfer) {
        running[transfer.easy] = transfer
        curl_multi_add_handle(multi, transfer.easy)
    }

    /// Ends a transfer, which is told nothing any more. Not to be called by one about itself.
    func remove(_ transfer: Transfer) {
        guard running.removeValue(forKey: transfer.easy) != nil else { return }
        transfer.forget()
        if isAtWork {
            leaving.append(transfer)
        } else {
            curl_multi_remove_handle(multi, transfer.easy)
        }
    }

    /// Waits until something arrives, for so long at most, and deals with it.
    func turn(atMost limit: Duration) {
        perform()
        // A transfer that was just added waits for nobody.
        curl_multi_poll(multi, nil, 0, Int32(max(0, limit.milliseconds)), nil)
        perform()
    }

    private func perform() {
        var active: Int32 = 0
        isAtWork = true
        curl_multi_perform(multi, &active)
        isAtWork = false
        for transfer in leaving { curl_multi_remove_handle(multi, transfer.easy) }
        leaving = []
        tellEnds()
    }

    /// Ends a wait early.
    func wake() { curl_multi_wakeup(multi) }

    private func tellEnds() {
        var code = CURLE_OK
        while let easy = lab_curl_next_ended(multi, &code) {
            guard let transfer = running.removeValue(forKey: easy) else { continue }
            curl_multi_remove_handle(multi, easy)
            transfer.end(code)
            transfer.forget()
        }
    }
}
