"""Which code this is: the package's version, and the git commit where it lies in a checkout."""

import os
import subprocess
from pathlib import Path

from mgfusion import __version__


def code_version() -> dict[str, str | None]:
    """``version``, and ``commit``: None outside a checkout, ``-changed`` where files differ from it."""
    return {"version": __version__, "commit": commit_of(Path(__file__).parents[1])}


def commit_of(package: Path) -> str | None:
    """The commit that a package's files are of, as 40 digits, with ``-changed`` where they differ from it.

    None without git, and where a repository holds the folder but does not track it: an environment inside
    somebody's project.
    """
    if _git(package, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit = _git(package, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    changed = _git(package, "status", "--porcelain", "--", ".")
    return f"{commit}-changed" if changed else commit


def _git(folder: Path, *arguments: str) -> str | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
