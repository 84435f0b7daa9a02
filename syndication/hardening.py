"""What leaves an installation open to others: one sentence for each fault, with what to do."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path

from sqlalchemy.engine import make_url

from collector.door import SECRETS, open_to_others, secret_files, server_of
from syndication.settings import OWN_SECRETS, Settings

MOST_KEYS = 5
"""Keys that may open links at one time: beyond, nobody knows any more where they all are."""
FEWEST_CHARACTERS = 8
"""Different characters of a key: chance gives more, be it written in hexadecimal."""
NEW_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
EVERYBODY = 0o007
"""Bits of a mode that let every account of the machine do something."""
_SLOW = ("PYTHONDEVMODE", "PYTHONASYNCIODEBUG")


def weaknesses(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """Every fault, in French; empty when there is none."""
    return [
        *_debug(environment),
        *_secrets(environment),
        *_keys(settings.keys()),
        *_files(settings),
        *_proxies(environment.get("FORWARDED_ALLOW_IPS", "")),
        *_mail(settings.collector.smtp_url),
    ]


def _debug(environment: Mapping[str, str]) -> list[str]:
    return [
        f"{name} : Python est en mode de mise au point, plus lent et plus bavard (retirez cette variable)."
        for name in _SLOW
        if environment.get(name)
    ]


def _secrets(environment: Mapping[str, str]) -> list[str]:
    return [
        f"SIRIUS_{name.upper()}_FILE : d'autres que vous peuvent lire {path} (chmod 600)."
        for name, path in secret_files((*SECRETS, *OWN_SECRETS), environment).items()
        if open_to_others(path, environment)
    ]


def _keys(keys: tuple[str, ...]) -> list[str]:
    faults: list[str] = []
    if any(len(set(key)) < FEWEST_CHARACTERS for key in keys):
        faults.append(f"SIRIUS_SECRET_KEYS : une clé n'est pas tirée au hasard (mettez-en une devant : {NEW_KEY}).")
    if len(set(keys)) < len(keys):
        faults.append("SIRIUS_SECRET_KEYS : la même clé y est deux fois (n'en gardez qu'une).")
    if len(keys) > MOST_KEYS:
        faults.append(
            f"SIRIUS_SECRET_KEYS : {len(keys)} clés ouvrent des liens (gardez les {MOST_KEYS} plus récentes au plus)."
        )
    return faults


def _files(settings: Settings) -> list[str]:
    """Files of databases that every account of the machine may open."""
    faults: list[str] = []
    for name, url in (("COLLECTOR", settings.collector.database_url), ("SYNDICATION", settings.database_url)):
        address = make_url(url)
        if address.get_backend_name() == "sqlite" and address.database:
            path = Path(address.database)
            if path.is_file() and _is_open(path) and _is_open(path.parent):
                faults.append(
                    f"SIRIUS_{name}_DATABASE_URL : tous les comptes de cette machine peuvent ouvrir {path} (chmod 600)."
                )
    return faults


def _is_open(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & EVERYBODY)


def _proxies(named: str) -> list[str]:
    faults: list[str] = []
    for word in filter(None, (one.strip() for one in named.split(","))):
        if word == "*" or _prefix(word) == 0:
            faults.append(
                f"FORWARDED_ALLOW_IPS : avec « {word} », n'importe qui dit d'où il vient et passe les limites (nommez "
                "l'adresse de votre mandataire)."
            )
        elif _prefix(word) is None and not word.startswith("/"):
            faults.append(
                f"FORWARDED_ALLOW_IPS : « {word} » n'est ni une adresse ni un réseau ; ceux qui passent par là "
                "partageraient les limites d'un seul réseau (écrivez l'adresse de votre mandataire)."
            )
    return faults


def _prefix(word: str) -> int | None:
    """The length of a network's prefix, None for what is no network."""
    try:
        return ip_network(word).prefixlen
    except ValueError:
        return None


def _mail(url: str) -> list[str]:
    if not url or server_of(url).security != "none" or _is_here(server_of(url).host):
        return []
    return [
        "SIRIUS_SMTP_URL : les mails et les liens qu'ils portent partent sans chiffrement (retirez ?tls=aucun, ou "
        "mettez le relais sur cette machine)."
    ]


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
