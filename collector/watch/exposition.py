"""What is counted and read, in the words of Prometheus."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import CollectorRegistry

from collector.watch.counts import Counted, Numbers
from collector.watch.metrics import BUCKETS, NANO, Figures, Metric

_BOUNDS = (*(f"{bound / NANO:g}" for bound in BUCKETS), "+Inf")


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was counted by processes and read from databases, at one moment, and of which metrics."""

    counting: Sequence[Metric]
    reading: Sequence[Metric]
    counted: Counted
    figures: Figures

    def collect(self) -> Iterator[Family]:
        """Every metric with its series."""
        everywhere = [self.counted.past, *self.counted.living.values()]
        for metric in self.counting:
            if metric.kind == "gauge":
                yield _gauge(metric, _of_living(metric, self.counted.living), ("process", *metric.labels))
            elif metric.kind == "counter":
                yield _counter(metric, _summed(metric, everywhere))
            else:
                yield _histogram(metric, _summed(metric, everywhere))
        for metric in self.reading:
            if metric in self.figures:
                yield _gauge(metric, self.figures[metric], metric.labels)


def written(seen: Seen, accepted: str) -> tuple[bytes, str]:
    """The text that a scraper takes, and its media type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(seen)
    encode, media_type = choose_encoder(accepted)
    return encode(registry), media_type


def _series(metric: Metric, numbers: Numbers) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Series of a metric, those of another release left out."""
    for (name, labels), found in numbers.items():
        if name == metric.name and len(labels) == len(metric.labels) and len(found) == metric.width:
            yield labels, found


def _summed(metric: Metric, everywhere: Iterable[Numbers]) -> dict[tuple[str, ...], list[int]]:
    total: dict[tuple[str, ...], list[int]] = {}
    for numbers in everywhere:
        for labels, found in _series(metric, numbers):
            before = total.get(labels, [0] * metric.width)
            total[labels] = [a + b for a, b in zip(before, found, strict=True)]
    return total


def _of_living(metric: Metric, living: Mapping[str, Numbers]) -> dict[tuple[str, ...], float]:
    return {
        (process, *labels): found[0] / metric.unit
        for process, numbers in living.items()
        for labels, found in _series(metric, numbers)
    }


def _gauge(metric: Metric, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...]) -> Family:
    family = GaugeMetricFamily(metric.name, metric.about, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _counter(metric: Metric, values: Mapping[tuple[str, ...], list[int]]) -> Family:
    family = CounterMetricFamily(metric.name, metric.about, labels=metric.labels)
    for of, (value,) in values.items():
        family.add_metric(of, value)
    return family


def _histogram(metric: Metric, values: Mapping[tuple[str, ...], list[int]]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.about, labels=metric.labels)
    for of, (*counts, total) in values.items():
        buckets, so_far = [], 0
        for bound, count in zip(_BOUNDS, counts, strict=True):
            so_far += count
            buckets.append((bound, so_far))
        family.add_metric(of, buckets, sum_value=total / metric.unit)
    return family
