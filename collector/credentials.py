"""Secrets that are given by the name of a file, as Docker and systemd hand them over: ``SIRIUS_…_FILE``."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from collector.errors import SettingError

LONGEST = 64 * 1024
"""Bytes of the longest secret that is read."""
HANDED_OVER = (Path("/run/credentials"), Path("/run/secrets"), Path("/var/run/secrets"))
"""Where systemd, Docker and Kubernetes put secrets; who may go there is theirs to say."""
OTHERS = 0o077
"""Bits of a file's mode that let others than its owner do anything."""
_WHY = {
    FileNotFoundError: "il n'existe pas",
    PermissionError: "l'accès est refusé",
    IsADirectoryError: "c'est un dossier",
}


def files_of(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, Path]:
    """Files that hold settings, by the setting's name."""
    told = {name: environment.get(f"SIRIUS_{name.upper()}_FILE", "") for name in names}
    return {name: Path(path) for name, path in told.items() if path}


def given_by_file(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """What files hold of settings, by the setting's name; raises SettingError when one cannot be read, is empty, or
    when the setting is given beside it."""
    return {name: _held(name, path, environment) for name, path in files_of(names, environment).items()}


def open_to_others(path: Path, environment: Mapping[str, str]) -> bool:
    """Whether others than its owner may read or change a file that was not handed over by the system."""
    own = environment.get("CREDENTIALS_DIRECTORY", "")
    folders = [*HANDED_OVER, *([Path(own)] if own else [])]
    return not any(path.absolute().is_relative_to(folder) for folder in folders) and bool(path.stat().st_mode & OTHERS)


def _held(name: str, path: Path, environment: Mapping[str, str]) -> str:
    variable = f"SIRIUS_{name.upper()}"
    if environment.get(variable):
        raise SettingError(f"{variable} et {variable}_FILE sont donnés tous les deux : gardez-en un")
    try:
        with path.open("rb") as file:
            held = file.read(LONGEST + 1)
        text = held.decode().strip()
    except OSError as error:
        why = _WHY.get(type(error), "la lecture a échoué")
        raise SettingError(f"{variable}_FILE : {path} ne peut pas être lu ({why})") from None
    except UnicodeDecodeError:
        raise SettingError(f"{variable}_FILE : {path} n'est pas un texte en UTF-8") from None
    if not text:
        raise SettingError(f"{variable}_FILE : {path} est vide")
    if len(held) > LONGEST:
        raise SettingError(f"{variable}_FILE : {path} dépasse {LONGEST // 1024} Ko : ce n'est pas un secret")
    return text
