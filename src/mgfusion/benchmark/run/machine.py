"""Where numbers were measured: versions, processor, threads, platform."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mgfusion.engines.tuning import usable_cores

_PACKAGES = (
    "mgfusion",
    "torch",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "pillow",
    "PyWavelets",
    "onnxruntime",
    "matplotlib",
)


def environment(workers: int) -> dict[str, object]:
    """What a reader needs to judge times and last digits; nothing about the user or the machine's name."""
    return {
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": usable_cores(),
        "workers": workers,
        "threads_per_worker": 1,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        if package == "mgfusion":
            from mgfusion import __version__

            return __version__
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
