"""Reading the parameters of the API: unknown, repeated or missing ones are said, never ignored. Pure."""

from collections.abc import Collection, Sequence

from syndication.api.problems import BadParameters
from syndication.publication.summaries import Key, read_key

KEYS_LIMIT = 100
VALUE_LIMIT = 200


def read(pairs: Sequence[tuple[str, str]], allowed: Collection[str], *, long: Collection[str] = ()) -> dict[str, str]:
    """Values by name, blanks left out; raises BadParameters."""
    faults: list[tuple[str, str]] = []
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            faults.append((name[:VALUE_LIMIT], f"Paramètre inconnu. Attendus : {', '.join(sorted(allowed))}."))
        elif name in values:
            faults.append((name, "Ce paramètre est donné plusieurs fois."))
        elif len(value) > VALUE_LIMIT and name not in long:
            faults.append((name, f"La valeur dépasse {VALUE_LIMIT} caractères."))
        else:
            values[name] = value.strip()
    if faults:
        raise BadParameters(faults)
    return {name: value for name, value in values.items() if value}


def read_keys(text: str) -> list[Key]:
    """Keys of a batch (``formation``, ``formation@etablissement`` or ``@etablissement``), each with its two parts.

    Sorted and without doubles, so that their order never matters; raises BadParameters.
    """
    keys = sorted({key.strip() for key in text.split(",") if key.strip()})
    if not keys:
        raise BadParameters([("cles", "Au moins une clé est attendue, comme 50022146@0751234J.")])
    if len(keys) > KEYS_LIMIT:
        raise BadParameters([("cles", f"{len(keys)} clés : {KEYS_LIMIT} au plus.")])
    if any(len(key) > VALUE_LIMIT for key in keys):
        raise BadParameters([("cles", f"Une clé dépasse {VALUE_LIMIT} caractères.")])
    return [read_key(key) for key in keys]
