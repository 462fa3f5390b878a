"""What results were made from, so that a changed method or data set is not taken for the old one."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import mgfusion
from mgfusion.benchmark.methods.callables import module_file
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.data.pairs import Pair

_VERSION = 1  # raise it when a classical method changes its pictures


def method_fingerprint(method: Method) -> str:
    """Changes with weights, the code that runs our models, a folder's files, or the words of a command.

    Of a callable it is its module's own file that counts: what else it reads can't be known.
    """
    digest = hashlib.sha256(f"{_VERSION} {method.kind} {method.source}".encode())
    if method.kind == "model":
        from mgfusion.models import model_folder

        digest.update(code_fingerprint("models", "inference").encode())
        for file in sorted(p for p in model_folder(method.source).iterdir() if p.is_file()):
            digest.update(file.read_bytes())
    elif method.kind == "callable":
        digest.update(code_fingerprint("inference").encode())
        digest.update(module_file(method.source).read_bytes())
    elif method.kind in ("onnx", "torchscript"):
        digest.update(Path(method.source).read_bytes())
    elif method.kind == "folder":
        _add_files(digest, sorted(p for p in Path(method.source).rglob("*") if p.is_file()))
    return digest.hexdigest()[:16]


def code_fingerprint(*packages: str) -> str:
    """Changes with the source files of packages of ours.

    A digest of the source and no version number: nobody can forget to raise it. A changed comment costs a
    run anew, which is the cheaper error.
    """
    root = Path(mgfusion.__file__).parent
    digest = hashlib.sha256()
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            digest.update(f"{file.relative_to(root).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def set_fingerprint(pairs: Iterable[Pair]) -> str:
    """Changes with the files of a set."""
    digest = hashlib.sha256()
    _add_files(digest, [path for pair in pairs for path in (pair.ir, pair.vis)])
    return digest.hexdigest()[:16]


def _add_files(digest: "hashlib._Hash", files: Iterable[Path]) -> None:
    """Size and time stand for the contents: reading hundreds of pictures would take seconds."""
    for file in files:
        status = file.stat()
        digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}\n".encode())
