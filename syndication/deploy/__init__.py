"""Examples for who deploys: nginx, systemd, a container, alerts, a CDN; given by name (``sirius deploy``)."""

from importlib.resources import files

EXAMPLES = {
    "nginx": "nginx.conf",
    "systemd": "sirius.service",
    "conteneur": "Containerfile",
    "alertes": "prometheus-rules.yml",
    "cdn": "cdn.md",
}
"""Files by the name that they are asked for by."""


def example(name: str) -> str:
    """The text of an example; raises KeyError for an unknown one."""
    return files(__name__).joinpath(EXAMPLES[name]).read_text(encoding="utf-8")
