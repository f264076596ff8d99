"""Alerts and the dashboard ask for metrics that there are, and promtool reads and plays what they ask."""

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.installed import ROOT
from tests.support.waiting import PATIENCE

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "frontdesk.json").read_text())
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
OF_TARGETS = {"job", "instance", "le"}


def described() -> dict[str, tuple[set[str], str]]:
    """Each metric of the documentation, which a test holds to the code: its labels, and what to alert on."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(frontdesk_\w+)` \|([^|]*)\|[^|]*\|([^|]*)\|$", page, re.MULTILINE)
    return {name: (set(re.findall(r"`(\w+)`", labels)), alert.strip()) for name, labels, alert in rows}


def known(series: str) -> str | None:
    """The metric that a series is of: a histogram has three kinds."""
    base = re.sub(r"_(bucket|sum|count)$", "", series)
    return next((name for name in (series, base) if name in described()), None)


def targets() -> list[str]:
    """What the dashboard asks."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]


EXPRESSIONS = [rule["expr"] for rule in RULES] + targets()


def test_every_metric_that_is_asked_for_exists():
    asked = {series for expression in EXPRESSIONS for series in re.findall(r"frontdesk_\w+", expression)}
    assert len(asked) > 20
    assert {series for series in asked if known(series) is None} == set()
    words = {word for expression in EXPRESSIONS for word in re.findall(r"\b\w+(?=\{)", expression)}
    assert {word for word in words if known(word) is None} == {"up"}


def labels(expression: str) -> Iterator[tuple[str, str]]:
    """Each label that a selector or a grouping names, with the series it is of."""
    for series, chosen in re.findall(r"(frontdesk_\w+)\{([^}]*)\}", expression):
        yield from ((series, name) for name in re.findall(r"(\w+)\s*[=!]", chosen))
    for grouped, inner in re.findall(r"by \(([^)]*)\)\s*\((.*)", expression, re.DOTALL):
        series = re.findall(r"frontdesk_\w+", inner)[0] if "frontdesk_" in inner else ""
        yield from ((series, name.strip()) for name in grouped.split(",") if series)


def test_every_label_that_is_asked_for_is_one_of_the_metric():
    asked = {pair for expression in EXPRESSIONS for pair in labels(expression)}
    assert len(asked) > 20
    for series, label in asked:
        own = {f"exported_{each}" if each in OF_TARGETS else each for each in described()[known(series)][0]}
        assert label in own | OF_TARGETS, (series, label)


def test_whatever_the_documentation_says_to_alert_on_has_an_alert():
    asked = {known(series) for rule in RULES for series in re.findall(r"frontdesk_\w+", rule["expr"])}
    assert {name for name, (_labels, alert) in described().items() if alert} - asked == set()


def test_promtool_takes_the_alerts_and_they_fire_when_they_should(promtool: str, tmp_path: Path):
    played = tmp_path / "played.yaml"
    text = (Path(__file__).parent / "alerts.yaml").read_text()
    played.write_text(text.replace("alerts.yaml.here", str(ALERTS)))
    for command in (["check", "rules", str(ALERTS)], ["test", "rules", str(played)]):
        tried = subprocess.run([promtool, *command], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert tried.returncode == 0, tried.stdout + tried.stderr


def test_every_alert_says_how_bad_it_is_and_what_it_means():
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")


def test_promtool_reads_what_the_dashboard_asks(promtool: str, tmp_path: Path):
    rules = [
        {"record": f"panel:{at}", "expr": expression.replace("$__rate_interval", "5m")}
        for at, expression in enumerate(targets())
    ]
    for more, well in (([], True), ([{"record": "panel:wrong", "expr": "sum(rate(frontdesk_hooks_total))"}], False)):
        file = tmp_path / "panels.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules + more}]}))
        command = [promtool, "check", "rules", str(file)]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (tried.returncode == 0) is well, tried.stderr


def test_the_dashboard_can_be_imported_and_no_panel_lies_upon_another():
    assert {"uid", "title", "schemaVersion", "panels", "templating"} <= DASHBOARD.keys()
    panels = DASHBOARD["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for panel in panels:
        assert panel["title"] and panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert [pair for pair in itertools.combinations(panels, 2) if _overlap(*pair)] == []
    assert [each["name"] for each in DASHBOARD["templating"]["list"]] == ["datasource"]


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = one["gridPos"], other["gridPos"]
    return all(
        first[at] < second[at] + second[size] and second[at] < first[at] + first[size] for at, size in ("xw", "yh")
    )


@pytest.mark.parametrize("name", ["frontdesk-web", "frontdesk-worker"])
def test_the_jobs_that_alerts_know_are_those_that_the_instructions_name(name: str):
    assert f"job_name: {name}\n" in (ROOT / "deploy" / "README.md").read_text()
    assert re.search(r'job=~"frontdesk-\.\+"', ALERTS.read_text())
