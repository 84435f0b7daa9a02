"""Alerts: each speaks of what ``/metrics`` tells, and the README lists those worth waking for."""

import asyncio
import re
from pathlib import Path

import pytest

from syndication.app import Service
from syndication.context import Hub
from syndication.deploy import example
from tests.helpers import Client
from tests.syndication.watch.scraping import Samples, samples
from tests.syndication.watch.test_metrics import one_round

README = Path(__file__).resolve().parents[3] / "README.md"
METRIC = re.compile(r"\bsirius_[a-z_]+[a-z]\b")
HAPPENING = {"status", "route", "le"}
"""Labels whose values come with requests."""
RULES = example("alertes")


@pytest.fixture
def told(hub: Hub, app: Service, client: Client) -> Samples:
    """What a service tells that has done a round of its background work."""
    asyncio.run(one_round(hub, app))
    client.get("/pret")
    return samples(client.get("/metrics").text)


def table() -> dict[str, str]:
    """Rows of the README's table of alerts, by their names."""
    rows = re.findall(r"^\| `(Sirius\w+)` \|(.*)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def rules(gravity: str) -> dict[str, str]:
    """Rules of a gravity, by their names."""
    found = (block.partition("\n") for block in RULES.split("- alert: ")[1:])
    return {name: text for name, _, text in found if f"gravite: {gravity}" in text}


def test_every_metric_that_a_rule_or_the_readme_names_is_told(told: Samples) -> None:
    names = {name for name, _ in told}
    named = set(METRIC.findall(RULES)) | set(METRIC.findall("".join(table().values())))
    assert len(named) > 12
    assert named <= names


def test_every_series_that_a_rule_chooses_is_told(told: Samples) -> None:
    chosen = re.findall(r"\b(sirius_\w+)\{([^}]+)\}", RULES)
    wanted = {
        (name, label, value)
        for name, inside in chosen
        for label, values in re.findall(r'(\w+)=~?"([^"]+)"', inside)
        for value in values.split("|")
        if label not in HAPPENING
    }
    assert len(wanted) > 8
    for name, label, value in wanted:
        assert any(of == name and (label, value) in labels for of, labels in told), (name, label, value)


def test_the_readme_lists_the_alerts_worth_waking_for_with_the_metrics_of_their_rules() -> None:
    listed, waking = table(), rules("reveil")
    assert set(listed) == set(waking)
    for name, row in listed.items():
        assert set(METRIC.findall(row)) == set(METRIC.findall(waking[name])), name


@pytest.mark.parametrize("gravity", ["reveil", "matin"])
def test_every_rule_says_what_happens_and_what_to_do(gravity: str) -> None:
    assert rules(gravity)
    for name, text in rules(gravity).items():
        told = set(re.findall(r"^ +(\w+):", text, re.MULTILINE))
        assert {"expr", "labels", "annotations", "summary", "geste"} <= told, name
