"""Files and folders that only who runs the service may open."""

from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, unless it is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for its owner alone, and its folder, unless they are there."""
    make_folder(path.parent)
    if not path.exists():
        path.touch(mode=0o600)
