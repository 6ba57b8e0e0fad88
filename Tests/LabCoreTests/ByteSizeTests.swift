import LabCore
import Testing

@Suite("Sizes in bytes")
struct ByteSizeTests {
    @Test(
        "sizes are read with decimal and binary units in any case",
        arguments: [
            ("1900000000", 1_900_000_000), ("1.9GB", 1_900_000_000), ("1.9 gb", 1_900_000_000),
            ("1900M", 1_900_000_000),
            ("512", 512), ("512B", 512), ("2k", 2000), ("2KiB", 2048), ("1.5 GiB", 1_610_612_736),
            ("0.5t", 500_000_000_000),
        ])
    func parsed(text: String, bytes: Int64) {
        #expect(ByteSize(parsing: text)?.bytes == bytes)
    }

    @Test(
        "anything else is no size",
        arguments: ["", "GB", "-1GB", "0", "0.0GB", "1,9GB", "1.9XB", "1e9", "nan", "99999999TB", "1.GB", "1 9GB"])
    func refused(text: String) {
        #expect(ByteSize(parsing: text) == nil)
    }

    @Test(
        "sizes are shown in decimal units",
        arguments: [
            (0 as Int64, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
            (6_700_000, "6.7 MB"), (999_949_999, "999.9 MB"), (999_950_000, "1.00 GB"), (5_030_000_000, "5.03 GB"),
        ])
    func shown(bytes: Int64, text: String) {
        #expect(ByteSize(bytes).description == text)
    }
}
