import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The terminal on standard output.
public enum Terminal {
    /// Columns; 100 where there is no terminal.
    public static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Whether colours are wanted: a terminal, and no NO_COLOR in the environment.
    public static var hasColor: Bool {
        isatty(STDOUT_FILENO) != 0 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }
}
