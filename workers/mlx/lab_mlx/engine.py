"""Which engine this is, and on what it runs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import sys
from dataclasses import dataclass
from typing import Any

# The distributions that decide numbers, tokens or prompts; those that a platform has no use for are absent there.
DISTRIBUTIONS = (
    "mlx", "mlx-cpu", "mlx-metal", "mlx-cuda-13", "mlx-cuda-12", "mlx-lm", "numpy", "transformers", "tokenizers",
    "jinja2", "sentencepiece",
)
# The CPU features that numpy's kernels choose by.
X86_FEATURES = ("avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16")
ARM_FEATURES = ("asimd", "asimdhp", "asimddp", "sve", "sve2", "bf16", "i8mm")
# Set to "1" on a CPU, MLX computes on the weights as they are, with its own loops.
AS_IT_IS = "LAB_MLX_AS_IT_IS"


def record() -> dict[str, Any]:
    """The engine's build with a fingerprint, and the digest of each distribution, as EngineRecord has them."""
    libraries = {}
    for name in DISTRIBUTIONS:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        libraries[f"{name} {distribution.version}"] = _digest(distribution)
    listing = "\n".join(f"{name} {digest}" for name, digest in sorted(libraries.items()))
    fingerprint = hashlib.sha256(listing.encode()).hexdigest()[:12]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("mlx-lm", "mlx"))
    return {"build": f"{versions}-{fingerprint}", "libraries": libraries}


def _digest(distribution: importlib.metadata.Distribution) -> str:
    """A digest over the digests of a distribution's files, without what differs from one environment to the next:
    compiled modules, the programs in bin/ and pip's own notes."""
    lines = [
        f"{file} {file.hash.value}" for file in distribution.files or []
        if file.hash is not None and file.parts[0] != ".."
        and file.name not in ("INSTALLER", "REQUESTED", "direct_url.json")
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


@dataclass(frozen=True)
class Memory:
    """Memory that the model may use: of the GPU where there is one, else of the machine. Bytes."""

    free: int
    total: int


@dataclass(frozen=True)
class Device:
    """The device that MLX computes on."""

    is_cpu: bool
    name: str
    memory: Memory
    # What tells kinds of the device apart: CPU features, or the GPU's architecture.
    features: str

    @property
    def dequantizes(self) -> bool:
        """Whether weights become float32 when they are loaded, and numpy computes with them (see cpu.py)."""
        return self.is_cpu and os.environ.get(AS_IT_IS) != "1"

    @property
    def arithmetic(self) -> str:
        """How models are computed here, for descriptions."""
        return "weights dequantized to float32" if self.dequantizes else "weights as they are"

    @staticmethod
    def current() -> Device:
        """MLX's default device."""
        import mlx.core as mx

        information = mx.device_info()
        if mx.default_device() == mx.gpu:
            return Device(
                False, str(information.get("device_name", "GPU")), _gpu_memory(information),
                f"{platform.machine()} mlx-gpu {information.get('architecture', '')}".strip())
        return Device(
            True, str(information.get("device_name", platform.processor())), machine_memory(),
            " ".join([platform.machine(), *_cpu_flags(), "mlx-cpu"]))


def machine_memory() -> Memory:
    """The machine's memory."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = total
    if sys.platform == "linux":
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    free = int(line.split()[1]) * 1024
    return Memory(free, total)


def peak_memory_bytes() -> int:
    """The most memory that this process has used so far: its resident set, or MLX's own where a GPU has memory of its
    own."""
    import resource

    import mlx.core as mx

    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return max(resident, mx.get_peak_memory())


def _gpu_memory(information: dict[str, Any]) -> Memory:
    import mlx.core as mx

    # Metal names the machine's memory and what a GPU may wire of it, CUDA the card's.
    total = int(information.get("total_memory", information.get("memory_size", 0)))
    usable = int(information.get("max_recommended_working_set_size", total))
    free = int(information.get("free_memory", max(0, usable - mx.get_active_memory())))
    return Memory(free, total)


def _cpu_flags() -> list[str]:
    if sys.platform != "linux":
        return []
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() in ("flags", "Features"):
                present = set(value.split())
                return [flag for flag in X86_FEATURES + ARM_FEATURES if flag in present]
    return []
