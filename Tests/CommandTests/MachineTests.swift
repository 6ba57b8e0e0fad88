import Foundation
import LabCore
import LabRunner
import TestSupport
import Testing

#if os(Linux)
    @Suite("What the lab knows of its machine")
    struct MachineTests {
        /// A list of processors as the kernel writes it, hundreds of lines long.
        private func list(packages: Int, cores: Int, threads: Int) -> String {
            var blocks: [String] = []
            for package in 0..<packages {
                for thread in 0..<threads * cores {
                    blocks.append(
                        """
                        processor\t: \(blocks.count)
                        model name\t: A processor
                        physical id\t: \(package)
                        core id\t\t: \(thread % cores)
                        cpu cores\t: \(cores)
                        flags\t\t: \(String(repeating: "fpu vme de ", count: 100))
                        """)
                }
            }
            return blocks.joined(separator: "\n\n") + "\n\n"
        }

        @Test("the threads of one core are counted once, the cores of all packages")
        func cores() {
            #expect(Machine.physicalCores(in: list(packages: 1, cores: 16, threads: 1)) == 16)
            #expect(Machine.physicalCores(in: list(packages: 2, cores: 24, threads: 2)) == 48)
            #expect(Machine.physicalCores(in: "processor\t: 0\nBogoMIPS\t: 50.00\n\n") == nil)
        }

        @Test("every processor of this machine is seen, however long the list")
        func all() throws {
            let text = try #require(KernelFile.text("/proc/cpuinfo"))
            let count = text.split(separator: "\n").count { $0.hasPrefix("processor") }
            #expect(count >= ProcessInfo.processInfo.activeProcessorCount)
        }

        @Test("the narrowest of the control groups around a process counts")
        func groups() throws {
            let folder = try TemporaryFolder()
            try folder.file("cpu.max", "max 100000\n".utf8)
            for (name, files) in [
                "jobs": ["cpu.max": "400000 100000\n", "cpu.stat": "nr_periods 9\nnr_throttled 3\n"],
                "jobs/one": ["cpu.max": "250000 100000\n", "memory.max": "5000\n", "memory.current": "1000\n"],
            ] {
                let group = folder.url.appendingPathComponent(name)
                try FileManager.default.createDirectory(at: group, withIntermediateDirectories: true)
                for (file, text) in files {
                    try text.write(to: group.appendingPathComponent(file), atomically: false, encoding: .utf8)
                }
            }
            let inside = ControlGroup(root: folder.url.path, membership: "0::/jobs/one\n")
            #expect(inside.processors == 3)
            #expect(inside.freeMemoryBytes == 4000)
            #expect(inside.stops == 3)
            let outside = ControlGroup(root: folder.url.path, membership: "0::/\n")
            #expect(outside.processors == nil)
            #expect(outside.freeMemoryBytes == nil)
            #expect(outside.stops == nil)
        }
    }
#endif
