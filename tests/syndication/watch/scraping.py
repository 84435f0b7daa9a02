"""What a scraper makes of ``/metrics``."""

from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Every sample by its name and labels; the text must be one that Prometheus reads."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, f"{key} is told twice"
            found[key] = sample.value
    return found


def value(text: str, name: str, **labels: str) -> float:
    """A sample, or the sum of those that have these labels and others; 0 when there is none."""
    wanted = set(labels.items())
    return sum(found for (told, of), found in samples(text).items() if told == name and wanted <= of)
