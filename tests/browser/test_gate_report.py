"""The gate's page in a real browser: it loads nothing, nothing of it runs, and it fits whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.gate.html import as_html
from airflow_provider_extend.gate.report import Report
from scripts.gate_pictures import forty
from tests.gate.given import HOSTILE, line, report, waiver

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def show(driver: Any, tmp_path: Path) -> Iterator[Any]:
    """Shows a report; the browser is left as it was."""
    size = driver.get_window_size()

    def shown(given: Report, width: int = 1280, media: str = "", scheme: str = "light") -> Any:
        driver.set_window_size(width, 1000)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        page = tmp_path / "report.html"
        page.write_text(as_html(given), encoding="utf-8")
        driver.get_log("browser")
        driver.get(page.as_uri())
        return driver

    yield shown
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    driver.set_window_size(size["width"], size["height"])
    driver.get("about:blank")


def hostile() -> Report:
    lines = [
        line(
            "FAIL", selector=name, rule=name, reason=name, waiver=waiver(select=name, owner=name, reason=name)
        )
        for name in HOSTILE
    ]
    lines += [line("WARN", selector=f"extract.fields.{'very_long_' * 30}.accuracy", reason="long " * 100)]
    return report(*lines)


@pytest.mark.parametrize("given", [forty, hostile], ids=["forty fields", "hostile names"])
def test_it_loads_nothing_and_breaks_none_of_its_own_rules(show, given):
    driver = show(given())
    loaded = driver.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert loaded == []
    assert driver.get_log("browser") == [], "a breach of its policy would be logged"
    foreign = "script, img, iframe, object, embed, link, form, input, [style], [onerror], [onload]"
    assert driver.execute_script(f"return document.querySelectorAll('{foreign}').length") == 0
    assert driver.execute_script("return document.styleSheets.length") == 1


def test_its_policy_would_stop_a_script_that_got_in(show, driver, tmp_path):
    page = tmp_path / "broken.html"
    html = as_html(report(line()))
    assert html.count("<h1>") == 1
    page.write_text(
        html.replace("<h1>", "<script>document.title = 'taken'</script><img src=x onerror=alert(1)><h1>")
    )
    driver.get(page.as_uri())
    assert driver.title.startswith("FAIL: evaluation gate")
    refused = [each["message"] for each in driver.get_log("browser")]
    assert sum("Content Security Policy" in message for message in refused) >= 2


@pytest.mark.parametrize("given", [forty, hostile], ids=["forty fields", "hostile names"])
@pytest.mark.parametrize("width", [1280, 760, 500])
def test_it_fits_the_window(show, given, width):
    driver = show(given(), width)
    inner, outer = driver.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert inner <= outer


def test_light_dark_and_paper_differ_as_they_should(show):
    ground = "return getComputedStyle(document.body).backgroundColor"
    assert show(forty(), scheme="light").execute_script(ground) == "rgb(255, 255, 255)"
    assert show(forty(), scheme="dark").execute_script(ground) == "rgb(18, 22, 27)"
    assert show(forty(), scheme="dark", media="print").execute_script(ground) == "rgb(255, 255, 255)"


def test_a_bar_is_where_its_numbers_are(show):
    made = report(line(value=0.8, lower=0.7, upper=0.9, target=0.95, floor=0.75, baseline=0.85))
    track, marks = show(made).execute_script(
        """
        const box = name => document.querySelector('.bar ' + name).getBoundingClientRect();
        const middle = name => (box(name).left + box(name).right) / 2;
        const names = ['.interval', '.value', '.target', '.floor', '.baseline'];
        return [[box('.track').left, box('.track').right], names.map(middle)];
        """
    )
    left, right = track
    shares = [(mark - left) / (right - left) * 0.3 + 0.7 for mark in marks]
    assert shares == pytest.approx([0.8, 0.8, 0.95, 0.75, 0.85], abs=0.003)
