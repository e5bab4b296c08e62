"""The page of a report: what is on it, that it needs nothing, and that nothing on it is anybody else's markup."""

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import pytest

from airflow_provider_extend.gate.html import MOST_LINES, as_html
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.verdicts import VERDICTS
from tests.gate.given import HOSTILE, line, mixed, report, waiver

#: What the page is made of; nothing that loads, runs, sends or moves.
ELEMENTS = set(
    "html head meta title style body header div svg defs pattern line symbol circle path rect use g text h1 h2 p ul li "
    "span section dl dt dd table thead tbody tr th td details summary bdi b code a".split()
)
VOID = {"meta"}


class Page(HTMLParser):
    """Every element with its attributes and its text; a page that is not nested well is refused."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), attrs
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else None, data))

    def handle_comment(self, data):
        raise AssertionError(data)

    @property
    def shown(self):
        return "".join(text for tag, text in self.texts if tag not in ("style", "title"))

    def all(self, tag, **attributes):
        """Attributes of the elements of this kind; `class_` is one of the classes."""
        wanted = attributes.pop("class_", None)
        return [
            given
            for name, given in self.elements
            if name == tag and (wanted is None or wanted in (given.get("class") or "").split())
        ]


def rows(html):
    return re.findall(r"<tr><td>(.*?)</td></tr>", html)


# --- what is on it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_verdict_is_on_top_as_a_word_and_as_a_shape(verdict):
    page = Page(as_html(report(line(verdict))))
    heading = [text for tag, text in page.texts if tag == "h1"]
    assert heading == [verdict]
    assert page.shown.strip().startswith(verdict)
    assert page.all("div", class_="verdict")[0]["class"] == f"verdict {verdict}"
    assert {"href": f"#{verdict}"} in page.all("use")
    assert page.all("symbol").count({"id": verdict, "viewbox": "0 0 20 20"}) == 1


def test_the_shapes_of_the_verdicts_differ():
    html = as_html(report(line()))
    bodies = re.findall(r'<symbol id="\w+" viewBox="0 0 20 20">(<\w+ class="body"[^>]*>)', html)
    assert len(set(bodies)) == len(VERDICTS)


def test_a_report_shows_the_worst_first_with_numbers_reasons_and_what_would_settle_it():
    html = as_html(mixed())
    page = Page(html)
    names = [
        re.sub("<[^>]+>", "", re.search(r"<bdi>(.*?)</bdi>", row)[1]) for row in rows(html) if "<bdi>" in row
    ]
    assert names[:5] == [
        "extract.fields.iban.accuracy",
        "extract.fields.total.accuracy",
        "extract.fields.po_number.accuracy",
        "extract.fields.vendor.accuracy",
        "extract.accuracy",
    ]
    worst = re.sub("<[^>]+>", " ", rows(html)[0])
    for told in (
        "FAIL",
        "at least 90%, floor 82%",
        "line 5",
        "80.0%",
        "160 of 200",
        "74.8% to 84.5%",
        "beyond chance",
    ):
        assert told in worst
    assert "1 of 10 checks fail. About" in page.shown
    assert "more documents would settle what is open" in page.shown
    assert "600 credits" in page.shown
    assert re.search(r"Looks at this question\s*2", page.shown)
    assert "counts as WARN" in page.shown
    assert page.shown.count("relabelling") == 2, "in its line and among the waivers"
    assert "data-team" in page.shown
    assert "2026-12-31" in page.shown


def test_the_cost_is_said_not_to_be_known_where_the_api_does_not_give_it():
    assert "not given by the API" in Page(as_html(report(line()))).shown


def test_a_run_that_could_not_be_judged_says_why():
    guard = line(
        "ERROR", check="run", reason="Run bpr_1 is FAILED.", value=None, selector=None, rule=None, target=None
    )
    page = Page(as_html(report(guard, reason="Run bpr_1 is FAILED.")))
    assert "Run bpr_1 is FAILED." in page.shown
    assert page.all("svg", class_="bar") == []


def test_a_report_without_lines_shows_its_reason():
    assert "Because." in Page(as_html(report())).shown


# --- the bars ----------------------------------------------------------------------------------------------------


def bar_of(*lines):
    html = as_html(report(*lines))
    return re.findall(r'<svg class="bar".*?</text></svg>', html)


def places(bar, name):
    found = re.findall(rf'<(?:line|rect|circle) class="{name}[^"]*" (?:x1|x|cx)="([\d.]+)%"', bar)
    return [float(place) for place in found]


def test_a_bar_has_value_interval_target_floor_and_baseline_where_they_are():
    [bar] = bar_of(line(value=0.8, lower=0.7, upper=0.9, target=0.95, floor=0.75, baseline=0.85))
    assert re.findall(r'<text x="(\S+)"[^>]*>(\S+)</text>', bar) == [("0", "70%"), ("100%", "100%")]
    # From 70 % to 100 %: 75 % is a sixth of the way.
    assert places(bar, "value") == [33.33]
    assert places(bar, "interval") == [0.0]
    assert re.search(r'class="interval FAIL" x="0.0%" y="\d+" width="66.67%"', bar)
    assert places(bar, "target") == [83.33]
    assert places(bar, "floor") == [16.67]
    assert re.search(r'<svg x="50.0%"[^>]*><path class="baseline"', bar)
    assert re.search(r'class="zone" x="0.0%" y="\d+" width="16.67%"', bar), (
        "what must not get through is below the floor"
    )
    label = re.search(r'aria-label="([^"]*)"', bar)[1]
    assert label == "80.0%, bounds 70.0% to 90.0%, at least 95%, floor 75%, baseline 85%"


def test_of_a_maximum_what_must_not_get_through_is_above():
    [bar] = bar_of(
        line(check="max", value=0.02, lower=0.01, upper=0.04, target=0.01, floor=0.05, baseline=None)
    )
    assert re.search(r'class="zone" x="100.0%" y="\d+" width="0.0%"', bar)
    assert places(bar, "value") == [40.0]
    assert "baseline" not in bar


def test_a_change_is_drawn_from_the_baseline():
    [bar] = bar_of(
        line(
            check="max_drop",
            value=0.9,
            change=-0.04,
            lower=-0.08,
            upper=0.02,
            target=-0.05,
            floor=None,
            baseline=0.94,
        )
    )
    low, high = re.findall(r"<text[^>]*>(\S+)</text>", bar)
    assert (low, high) == ("-8pp", "+2pp")
    assert places(bar, "value") == [40.0]
    assert places(bar, "target") == [30.0]
    assert re.search(r'<svg x="80.0%"[^>]*><path class="baseline"', bar), "no change is where the baseline is"


def test_a_time_and_a_value_without_bounds_have_no_interval():
    [time_] = bar_of(
        line(
            check="max",
            unit="ms",
            value=2300.0,
            target=2000.0,
            floor=None,
            baseline=None,
            lower=None,
            upper=None,
            selector="latency.p95_ms",
        )
    )
    assert "interval" not in time_
    assert "zone" not in time_
    assert re.findall(r"<text[^>]*>(\S+)</text>", time_) == ["0ms", "2500ms"]
    assert places(time_, "value") == [92.0]


def test_bars_of_one_kind_share_an_axis():
    bars = bar_of(
        line(value=0.5, lower=0.41, upper=0.6), line(value=0.95, lower=0.9, upper=0.99, selector="b")
    )
    assert len({tuple(re.findall(r"<text[^>]*>(\S+)</text>", bar)) for bar in bars}) == 1


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("check", ["min", "max"])
def test_the_ends_are_inside_the_picture(check, value):
    [bar] = bar_of(
        line(check=check, value=value, lower=value, upper=value, target=value, floor=value, baseline=value)
    )
    found = [float(number) for number in re.findall(r'[xw]\w*="([-\d.]+)%"', bar)]
    assert found
    assert all(0 <= number <= 100 for number in found)


def test_what_cannot_be_compared_has_no_bar():
    assert bar_of(line(check="max_drop", change=None)) == []


# --- that it needs nothing ---------------------------------------------------------------------------------------


def test_the_page_is_made_of_plain_elements_and_loads_nothing():
    html = as_html(mixed())
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    for tag, attributes in page.elements:
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("src", "srcset", "style", "action")
        ]
        if "href" in attributes:
            assert tag in ("use", "a")
            assert attributes["href"].startswith("#" if tag == "use" else "https://")
        if "fill" in attributes:
            assert attributes["fill"] == "url(#hatch)"
    [style] = [text for tag, text in page.texts if tag == "style"]
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style


def test_its_own_policy_forbids_everything_but_its_style():
    html = as_html(mixed())
    [policy] = [given["content"] for given in Page(html).all("meta") if given.get("http-equiv")]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_there_are_rules_for_dark_for_print_and_for_narrow():
    style = re.search(r"<style>(.*?)</style>", as_html(mixed()), re.DOTALL)[1]
    for query, must in (
        ("(prefers-color-scheme: dark)", "--page"),
        ("print", "break-inside: avoid"),
        ("(max-width: 46rem)", "display: block"),
    ):
        start = style.index(f"@media {query}")
        assert must in style[start : start + 1500]
    dark = style.index("@media (prefers-color-scheme: dark)")
    colours = set(re.findall(r"(--\w+(?:-bar)?):", style[:dark]))
    print_ = style.index("@media print")
    assert set(re.findall(r"(--\w+(?:-bar)?):", style[dark:print_])) == colours, "each colour has a dark one"
    assert colours <= set(re.findall(r"(--\w+(?:-bar)?):", style[print_:])), "and one for paper"
    assert print_ > dark, "paper is white, whatever the screen was"


def _contrast(one, other):
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1])
def test_words_can_be_read_on_their_ground(scheme):
    style = re.search(r"<style>(.*?)</style>", as_html(mixed()), re.DOTALL)[1]
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for name in ("text", "muted", *VERDICTS):
        for ground in ("page", "soft"):
            assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


def test_only_a_link_of_the_web_is_a_link():
    def page(url):
        given = mixed()
        stored = given.as_dict()
        stored["evidence"]["url"] = url
        return Page(as_html(Report.from_dict(stored)))

    [link] = page('https://dashboard.extend.ai/runs/1?a="><b>').all("a")
    assert link == {"href": 'https://dashboard.extend.ai/runs/1?a="><b>', "rel": "noopener noreferrer"}
    for url in ("javascript:alert(1)", "http://a.example", "//a.example", " https://a.example", None):
        assert page(url).all("a") == []


# --- that nothing on it is anybody else's ------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_reasons_are_text(name):
    given = line(
        "FAIL",
        selector=name,
        rule=name,
        reason=f"{name} is bad.",
        waiver=waiver(select=name, owner=name, reason=name),
    )
    field = line("WARN", selector=f"extract.fields.{name}.accuracy", reason=name)
    made = report(given, field, reason=name)
    stored = made.as_dict()
    stored["evidence"] |= {
        "id": name,
        "processor_id": name,
        "source_id": name,
        "url": f"https://x.example/{name}",
    }
    stored["baseline"] = {"baseline": 1, "origin": name, "evidence": {}}
    html = as_html(Report.from_dict(stored))
    html.encode()
    plain = as_html(
        Report.from_dict({**stored, "evidence": stored["evidence"] | {"url": "https://x.example/"}})
    )
    clean = as_html(report(line("FAIL", waiver=waiver()), line("WARN")))
    page, expected = Page(html), Page(clean)
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    count = lambda which, tag: len(which.all(tag))  # noqa: E731
    for tag in ("table", "tr", "h1", "style", "meta", "details", "img", "script"):
        assert count(page, tag) == count(expected, tag), tag
    assert not [a for _, given in page.elements for a in given if a.startswith("on")]
    shown = "".join(character for character in Page(plain).shown if not character.isspace())
    wanted = "".join(character for character in name if character.isprintable() and not character.isspace())
    visible = re.sub(r"\\u[0-9a-f]{4}", "", shown)
    assert wanted in visible, "shown as it is"
    assert all(character.isprintable() or character == "\n" for character in page.shown)


# --- size --------------------------------------------------------------------------------------------------------


def test_few_lines_that_pass_are_open_and_many_are_folded():
    few = as_html(report(line("FAIL"), *[line("PASS", selector=f"a{number}") for number in range(39)]))
    many = as_html(report(line("FAIL"), *[line("PASS", selector=f"a{number}") for number in range(99)]))
    assert "<details open><summary>39 that pass</summary>" in few
    assert "<details><summary>99 that pass</summary>" in many
    assert len(rows(many)) == 100


def test_five_thousand_lines_are_cut_with_a_count():
    lines = [line("FAIL", selector=f"extract.fields.a{n}.accuracy") for n in range(2000)]
    lines += [line("PASS", selector=f"extract.fields.b{n}.accuracy") for n in range(3000)]
    started = time.perf_counter()
    html = as_html(report(*lines, left_out=7))
    assert time.perf_counter() - started < 5
    assert len(html.encode()) < 3_000_000
    assert len(rows(html)) == 2 * MOST_LINES
    shown = Page(html).shown
    assert f"And {2000 - MOST_LINES:,} more that do not pass either: the JSON report has them." in shown
    assert f"And {3000 - MOST_LINES:,} more that pass: the JSON report has them." in shown
    assert "And 7 more that were left out of this report" in shown
    assert "2,000 of 5,007 checks fail" in shown
