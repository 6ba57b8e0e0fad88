#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether a server listens, asked before an engine that ends its process where none does.
enum Reachability {
    /// True when a connection to "HOST:PORT" is accepted within five seconds.
    static func answers(_ endpoint: String) -> Bool {
        guard let colon = endpoint.lastIndex(of: ":") else { return false }
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let host = String(endpoint[..<colon]).trimmingBrackets
        guard getaddrinfo(host, String(endpoint[endpoint.index(after: colon)...]), &hints, &list) == 0
        else { return false }
        defer { freeaddrinfo(list) }
        return sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
            .contains { connects(to: $0!.pointee) }
    }

    private static func connects(to address: addrinfo) -> Bool {
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, 5000) == 1 else { return false }
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0
    }
}

extension String {
    /// "::1" of "[::1]".
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
