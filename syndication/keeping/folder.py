"""The folder of a backup: private, sealed by the hash of each file, known to be whole by its manifest."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from collector.door import sync_folder
from syndication.errors import KeepingError
from syndication.keeping import manifest
from syndication.keeping.manifest import File, Manifest

CHUNK = 1 << 20
Step = Callable[[int], None]
"""Hears of bytes that were gone through."""


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder, for its owner alone, in which a backup is written; raises KeepingError when it holds anything.

    What was written is erased when the backup fails; whatever ends its process leaves a mark that it was under way.
    """
    fresh = not folder.exists()
    if not fresh and (not folder.is_dir() or any(folder.iterdir())):
        raise KeepingError(f"{folder} n'est pas un dossier vide : donnez-en un nouveau à chaque sauvegarde.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):  # the root of a disk that is not ours
        folder.chmod(0o700)
    with create(folder / manifest.UNDER_WAY):
        pass
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if fresh:
            folder.rmdir()
        raise


def create(path: Path) -> BinaryIO:
    """A new file for its owner alone, to be written."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def copy(source: Path, target: Path, step: Step = lambda _: None) -> None:
    """Copy a file to a new one for its owner alone, and wait until it is on the disk; raises OSError with its name."""
    try:
        with source.open("rb") as read, create(target) as written:
            while chunk := read.read(CHUNK):
                written.write(chunk)
                step(len(chunk))
            written.flush()
            os.fsync(written.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, error.filename or str(target)) from error


def seal(path: Path, step: Step = lambda _: None) -> File:
    """Wait until a file is on the disk, then read it back whole: its size and hash."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return _read(path, step)


def _read(path: Path, step: Step) -> File:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            step(len(chunk))
    return File(size, digest.hexdigest())


def finish(folder: Path, told: Manifest) -> None:
    """Make a backup whole: its manifest appears at once, and last."""
    draft = folder / f"{manifest.NAME}.tmp"
    with create(draft) as file:
        file.write(manifest.to_text(told).encode())
        file.flush()
        os.fsync(file.fileno())
    for name in {str(Path(name).parent) for name in told.files}:
        sync_folder(folder / name)
    draft.rename(folder / manifest.NAME)
    (folder / manifest.UNDER_WAY).unlink()
    sync_folder(folder)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; raises KeepingError for one that is no whole backup."""
    if not folder.is_dir():
        raise KeepingError(f"{folder} n'est pas un dossier : donnez celui que « sirius backup » a écrit.")
    if (folder / manifest.UNDER_WAY).exists():
        raise KeepingError(f"{folder} : cette sauvegarde n'est pas allée au bout. Prenez-en une autre.")
    try:
        text = (folder / manifest.NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeepingError(
            f"{folder} n'est pas une sauvegarde entière : {manifest.NAME} n'y est pas. Si vous l'avez copiée, "
            "recopiez-la jusqu'au bout."
        ) from None
    except UnicodeDecodeError:
        text = ""
    return manifest.from_text(text)


AGAIN = "Recopiez la sauvegarde, ou prenez-en une autre."


def check_sizes(folder: Path, told: Manifest) -> None:
    """Look whether all of a backup was copied, without reading it; raises KeepingError naming the first file that is
    absent or cut short."""
    for name, file in told.files.items():
        path = folder / name
        if not path.is_file():
            raise KeepingError(f"{folder} : il manque {name}. {AGAIN}")
        if path.stat().st_size != file.size:
            raise KeepingError(
                f"{folder} : {name} fait {path.stat().st_size} octets au lieu de {file.size}, la copie est "
                f"incomplète. {AGAIN}"
            )


def check_contents(folder: Path, told: Manifest, step: Step = lambda _: None) -> None:
    """Read every file of a backup that is whole; raises KeepingError naming the first that was altered."""
    for name, file in told.files.items():
        if _read(folder / name, step).sha256 != file.sha256:
            raise KeepingError(f"{folder} : {name} n'est plus ce qui a été sauvegardé (SHA-256). {AGAIN}")
