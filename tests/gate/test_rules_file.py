"""The rules file: what is read, and that what is not understood is refused with its line and the way out."""

import datetime
import json
import re
import time

import jsonschema
import pytest
import yaml

from airflow_provider_extend.gate.rules import BaselineSource, Rule, Rules, RulesError, Waiver, minimums
from airflow_provider_extend.gate.rules_file import SCHEMA_PATH, load_rules, read_rules

SCHEMA = json.loads(SCHEMA_PATH.read_text())

WHOLE = """\
version: 1
evidence: {policy: balanced, confidence: 0.95}
baseline: {from: last_passed, on_missing: absolute_only}
coverage: {min_processed: 100%}
rules:
  - {select: extract.accuracy, min: 95%, floor: 90%}
  - {select: extract.fields.total.accuracy, min: 98%, max_drop: 3pp}
  - {select: "extract.fields.*.accuracy", min: 90%, min_n: 30, severity: warn}
  - {select: extract.fields.invoice_date.recall, min: 95%, n: 200}      # legacy shape
  - {select: "classify.classes.*.recall", min: 90%}
  - {select: split.recall, min: 97%}
waivers:
  - {select: extract.fields.po_number.accuracy, until: 2026-12-31, owner: data-team, reason: relabelling}
"""


def plain(text):
    """As an editor's check of a schema sees a YAML text: days are texts."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(text, Loader)


def allowed_by_schema(text):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(plain(text))


def of(rule, top="", policy="balanced"):
    """A file of one rule, which stands in line 4 of it."""
    return f"version: 1\nevidence: {{policy: {policy}}}\nrules:\n  - {{{rule}}}\n{top}"


def problems(text, name="gate.yaml"):
    with pytest.raises(RulesError) as caught:
        load_rules(text, name)
    assert str(caught.value).startswith(name)
    return caught.value.problems


# --- what is read ------------------------------------------------------------------------------------------------


def test_a_whole_file():
    rules = load_rules(WHOLE, "gate.yaml")
    assert rules == Rules(
        rules=(
            Rule("extract.accuracy", min=0.95, floor=0.9, line=6),
            Rule("extract.fields.total.accuracy", min=0.98, max_drop=0.03, line=7),
            Rule("extract.fields.*.accuracy", min=0.9, min_n=30, severity="warn", line=8),
            Rule("extract.fields.invoice_date.recall", min=0.95, n=200, line=9),
            Rule("classify.classes.*.recall", min=0.9, line=10),
            Rule("split.recall", min=0.97, line=11),
        ),
        waivers=(
            Waiver("extract.fields.po_number.accuracy", "2026-12-31", "data-team", "relabelling", line=13),
        ),
        baseline=BaselineSource("last_passed", None, "absolute_only"),
    )
    assert rules.name == "gate.yaml"
    assert allowed_by_schema(WHOLE)


def test_the_same_as_json_and_as_a_python_object():
    as_object = plain(WHOLE)
    rules = load_rules(WHOLE)
    for again in (load_rules(json.dumps(as_object)), read_rules(as_object)):
        assert again.fingerprint == rules.fingerprint
    assert [rule.line for rule in read_rules(as_object).rules] == [None] * 6
    day = {**as_object["waivers"][0], "until": datetime.date(2026, 12, 31)}
    assert read_rules({**as_object, "waivers": [day]}).fingerprint == rules.fingerprint


@pytest.mark.parametrize(
    ("given", "read"),
    [("95%", 0.95), ('"95%"', 0.95), ("0.95", 0.95), ('"0.95"', 0.95), (".95", 0.95), ("90.1%", 0.901), ("100%", 1.0),
     ("1.0", 1.0), ("0%", 0.0), ("0.0", 0.0), ("0.07%", 0.0007), ("33.333333333333%", 0.33333333333333)],
)  # fmt: skip
def test_a_ratio_has_a_unit(given, read):
    text = of(f"select: extract.accuracy, min: {given}")
    assert load_rules(text).rules[0].min == read
    assert allowed_by_schema(text)


@pytest.mark.parametrize("given", [0.95, "95%", 1.0, 0.0, 1e-05, 0.901])
def test_a_python_number_is_a_fraction(given):
    rules = read_rules({"version": 1, "rules": [{"select": "extract.accuracy", "min": given}]})
    assert rules.rules[0].min == (0.95 if given == "95%" else given)


@pytest.mark.parametrize(("given", "read"), [("2000ms", 2000), ("2s", 2000), ("1.5 s", 1500), ("0ms", 0)])
def test_a_latency_has_milliseconds(given, read):
    [rule] = load_rules(of(f"select: latency.p95_ms, max: {given}")).rules
    assert (rule.max, rule.unit, rule.min) == (read, "ms", None)


def test_defaults():
    rules = load_rules(of("select: split.recall, min: 97%"))
    assert (rules.policy, rules.confidence, rules.interval, rules.min_processed, rules.baseline) == (
        "balanced", 0.95, "exact", 1.0, None)  # fmt: skip
    [rule] = rules.rules
    assert (rule.held_floor, rule.severity, rule.min_n, rule.n) == (0.92, "fail", None, None)
    assert Rule("x", min=0.03).held_floor == 0.0
    assert Rule("x", max=0.01).held_ceiling == 0.06
    assert Rule("x", max=0.97).held_ceiling == 1.0


@pytest.mark.parametrize(
    ("section", "source"),
    [
        ("{}", BaselineSource("last_passed", None, "inconclusive")),
        ("{from: run, id: bpr_1}", BaselineSource("run", "bpr_1", "inconclusive")),
        (
            "{from: report, path: s3://reports/last.json, on_missing: absolute_only}",
            BaselineSource("report", "s3://reports/last.json", "absolute_only"),
        ),
    ],
)
def test_sources_of_a_baseline(section, source):
    text = of("select: split.recall, max_drop: 2.5 pp", f"baseline: {section}\n")
    rules = load_rules(text)
    assert rules.baseline == source
    assert rules.rules[0].max_drop == 0.025
    assert allowed_by_schema(text)


def test_a_rule_may_have_its_own_baseline_and_two_severities():
    both = "select: split.recall, min: 97%, severity: warn}\n  - {select: split.recall, max_drop: 3pp, baseline: 96%"
    assert [rule.baseline for rule in load_rules(of(both)).rules] == [None, 0.96]


def test_the_fingerprint_is_of_what_is_said_not_of_how():
    turned = load_rules(
        "rules:\n- {min: 0.9, select: b}\n- select: a\n  min: 95%\n  floor: 90%\n\nversion: 1\n", "other.yaml"
    )
    straight = load_rules(
        "version: 1\nrules:\n- {select: a, min: 0.95, floor: 0.9}\n- {select: b, min: 90%}\n"
    )
    assert turned.fingerprint == straight.fingerprint
    other = load_rules("version: 1\nrules:\n- {select: a, min: 0.95, floor: 0.91}\n- {select: b, min: 90%}\n")
    assert other.fingerprint != straight.fingerprint


# --- what is refused ---------------------------------------------------------------------------------------------

DROP = "select: split.recall, min: 97%"
#: What is wrong with a rule, the words that say so and the way out, and whether the schema sees it too.
WRONG_RULES = {
    "a bare number": ("select: a, min: 95", "95 has no unit: write 95% or 0.95", True),
    "a bare hundred": ("select: a, min: 100", "100 has no unit: write 100% or 1.0", True),
    "a bare nothing": ("select: a, min: 0", "0 has no unit: write 0% or 0.0", False),
    "a bare one": ("select: a, min: 1", "1 has no unit: write 1% or 0.01", False),
    "a bare number with a point": ("select: a, min: 95.0", "expected a percent such as 95%", True),
    "a bare number above 100": ("select: a, min: 950", "expected a percent such as 95%", True),
    "more than all": ("select: a, min: 101%", "more than 100%", False),
    "a ratio above one": ("select: a, min: 1.01", "more than 100%", True),
    "a negative one": ("select: a, min: -5%", "expected a percent such as 95%", True),
    "no number": ("select: a, min: .nan", "expected a percent such as 95%", False),
    "infinity": ("select: a, min: .inf", "expected a percent such as 95%", True),
    "a word": ("select: a, min: high", "'high': expected a percent", True),
    "yes": ("select: a, min: yes", "expected a percent", True),
    "a list": ("select: a, min: [95%]", "a list: expected a percent", True),
    "nothing": ("select: a, min: ", "nothing: expected a percent", True),
    "a drop in percent": ("select: a, max_drop: 3%", "expected percentage points such as 3pp", True),
    "a drop without unit": ("select: a, max_drop: 3", "expected percentage points such as 3pp", True),
    "a drop as a fraction": ("select: a, max_drop: 0.03", "expected percentage points such as 3pp", True),
    "a drop of everything and more": ("select: a, max_drop: 300pp", "more than 100pp", False),
    "an unknown key": ("select: a, mim: 95%", "has no key 'mim'. Did you mean 'min'?", True),
    "another unknown key": ("select: a, min: 95%, zzz: 1", "has no key 'zzz'. There are select, min", True),
    "no select": ("min: 95%", "needs `select`", True),
    "no bound": ("select: a", "asks nothing. Give it min, max or max_drop", True),
    "no bound either": ("select: a, severity: warn", "asks nothing", True),
    "an empty level": ("select: a..b, min: 95%", "has an empty level", False),
    "an open quote": ("select: 'a.\"b', min: 95%", "open quote", False),
    "a number as select": ("select: [a], min: 95%", "a list: expected a text", True),
    "no text as select": ("select: null, min: 95%", "nothing: expected a text", True),
    "min and max": ("select: a, min: 95%, max: 99%", "has min and max. Make two rules", True),
    "a floor above": ("select: a, min: 95%, floor: 97%", "floor, what must not get through, is above min", False),
    "a floor alone": ("select: a, floor: 97%, max_drop: 3pp, baseline: 90%", "has floor without min. Add min", True),
    "a ceiling below": ("select: a, max: 5%, ceiling: 3%", "ceiling, what must not get through, is below max", False),
    "a ceiling alone": ("select: a, min: 90%, ceiling: 3%", "has ceiling without max", True),
    "max and a drop": ("select: a, max: 5%, max_drop: 3pp, baseline: 90%", "Take one out", True),
    "two units": ("select: latency.p95_ms, max: 2s, ceiling: 90%", "has no ceiling", False),
    "a latency in percent": ("select: latency.p95_ms, max: 90%", "held by max in milliseconds alone", False),
    "a latency with a minimum": ("select: latency.p95_ms, min: 90%", "held by max in milliseconds alone", False),
    "a latency with a drop": ("select: latency.a, max_drop: 3pp, baseline: 90%", "held by max in milliseconds", False),
    "a latency with a ceiling": ("select: latency.p95_ms, max: 2s, ceiling: 3s", "'3s': expected a percent", True),
    "milliseconds of an accuracy": ("select: extract.accuracy, max: 2s", "only a latency has milliseconds", False),
    "a ceiling in words": ("select: a, max: 5%, ceiling: lots", "'lots'", True),
    "no documents": ("select: a, min: 95%, min_n: 0", "a whole number of documents, from 1", True),
    "half a document": ("select: a, min: 95%, n: 2.5", "a whole number of documents", True),
    "an unknown severity": ("select: a, min: 95%, severity: fatal", "expected fail, warn, info", True),
    "info alone": ("select: a, min: 95%, severity: info", "nothing would count", False),
    "a drop from nowhere": ("select: a, max_drop: 3pp", "nothing to compare with. Add `baseline: {from:", False),
    "a gain from nowhere": ("select: a, min: 90%, max_gain: 3pp", "nothing to compare with. Add `baseline", False),
    "a baseline for nothing": ("select: a, min: 90%, baseline: 95%", "Add max_drop, or take baseline out", True),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_RULES)
def test_a_rule_that_is_not_understood_is_refused_with_its_line_and_the_way_out(case):
    rule, told, schema_sees_it = WRONG_RULES[case]
    text = of(rule)
    [(line, problem)] = [entry for entry in problems(text) if told in entry[1]]
    assert line == 4
    assert len(problems(text)) == 1, problem
    assert allowed_by_schema(text) is not schema_sees_it


def test_no_number_of_documents_shows_that_all_are_right():
    for rule in ("select: a, min: 100%, floor: 100%", "select: a, max: 0%, ceiling: 0%"):
        for policy in ("balanced", "prove"):
            [(line, told)] = problems(of(rule, policy=policy))
            assert (line, "shows that all are right" in told) == (4, True)
        assert load_rules(of(rule, policy="point")).rules


def test_nothing_proves_all():
    for rule in ("select: a, min: 100%", "select: a, max: 0%"):
        [(line, told)] = problems(of(rule, policy="prove"))
        assert (line, "no number of documents proves" in told) == (4, True)
        assert load_rules(of(rule)).rules


ENTRY = "rules: [{select: a, min: 95%}]\n"
#: A whole file, the line and the words.
WRONG_FILES = {
    "no version": (ENTRY, 1, "there is no version. Begin the file with `version: 1`"),
    "another version": (f"version: 2\n{ENTRY}", 1, "this release reads version 1. Mend it, or upgrade"),
    "a version in words": (f"version: one\n{ENTRY}", 1, "version is 'one'"),
    "no rules": ("version: 1\n", 1, "there are no rules"),
    "an empty list": ("version: 1\nrules: []\n", 1, "there are no rules"),
    "rules as a mapping": ("version: 1\nrules: {extract.accuracy: 0.95}\n", 2, "expected a list"),
    "a rule as a text": ("version: 1\nrules:\n  - extract.accuracy\n", 3, "a rule is 'extract.accuracy'"),
    "an unknown section": (f"version: 1\n{ENTRY}rule: []\n", 3, "Did you mean 'rules'?"),
    "an unknown policy": (f"version: 1\nevidence: {{policy: strict}}\n{ENTRY}", 2, "expected balanced, prove, point"),
    "no confidence": (f"version: 1\nevidence: {{confidence: 50%}}\n{ENTRY}", 2, "expected more than 50%"),
    "certainty": (f"version: 1\nevidence: {{confidence: 100%}}\n{ENTRY}", 2, "at most 99.9999%"),
    "an unknown interval": (f"version: 1\nevidence: {{interval: wald}}\n{ENTRY}", 2, "expected exact, wilson"),
    "evidence as a list": (f"version: 1\nevidence: [balanced]\n{ENTRY}", 2, "evidence is a list"),
    "coverage without a unit": (f"version: 1\ncoverage: {{min_processed: 98}}\n{ENTRY}", 2, "98 has no unit"),
    "a run without an id": (f"version: 1\nbaseline: {{from: run}}\n{ENTRY}", 2, "baseline from run needs `id`"),
    "a path of a run": (f"version: 1\nbaseline: {{from: run, id: x, path: y}}\n{ENTRY}", 2, "no use for `path`"),
    "an id of last passed": (f"version: 1\nbaseline: {{id: x}}\n{ENTRY}", 2, "no use for `id`"),
    "a source that is not": (f"version: 1\nbaseline: {{from: git}}\n{ENTRY}", 2, "expected last_passed, run, report"),
    "a duplicate rule": (of("select: a, min: 95%}\n  - {select: a, max_drop: 3pp, baseline: 90%"), 5, "of line 4"),
    "a duplicate key": (of("select: a, min: 95%, min: 90%"), 4, "'min' stands here a second time"),
    "a duplicate section": (f"version: 1\n{ENTRY}{ENTRY}", 3, "'rules' stands here a second time"),
    "a key that is no text": ("version: 1\n1: 2\n", 2, "a key here is no text"),
    "a merge key": ("version: 1\nrules:\n  - {<<: {min: 95%}, select: a}\n", 3, "a key here is no text"),
    "a key that is a list": ("version: 1\n? [a]\n: b\n", 2, "a key here is no text"),
    "an alias": ("version: 1\nrules:\n  - &a {select: a, min: 95%}\n  - *a\n", 4, "an alias (*a) is not read here"),
    "a Python object": ("version: 1\nrules: !!python/object/apply:os.system [ls]\n", 2, "is not read here"),
    "a tag of one's own": ("version: !mine 1\n", 1, "!mine is not read here"),
    "binary": (f"version: !!binary MQ==\n{ENTRY}", 1, "is not read here"),
    "no YAML": ("version: 1\nrules: [\n", 3, "this is no YAML"),
    "tabs": ("version: 1\nrules:\n\t- a\n", 3, "this is no YAML"),
    "a control character": ("version: 1\nrules: \x07\n", None, "this is no YAML"),
    "two documents": (f"version: 1\n{ENTRY}---\nversion: 1\n", 3, "a second document begins here"),
    "a list": ("- version: 1\n", 1, "a rules file is a list"),
    "a text": ("hello\n", 1, "a rules file is 'hello'"),
    "nothing": ("", None, "the file is empty. Begin it with `version: 1`"),
    "a comment": ("# rules\n", None, "the file is empty"),
    "no UTF-8": (b"version: 1\nrules: \xff\n", 2, "this is no UTF-8 text"),
    "a lone surrogate": ("version: 1\nrules: \ud800\n", 2, "this is no UTF-8 text"),
    "ten megabytes": ("version: 1\nrules: []\n" + "#" * 10_000_000, None, "1000000 are the most. Use wildcards"),
    "very deep": ("version: 1\nrules: " + "[" * 5000 + "]" * 5000, 2, "nested more than 8 deep"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_file_that_is_not_understood_is_refused_with_the_line_and_the_way_out(case):
    text, line, told = WRONG_FILES[case]
    started = time.monotonic()
    assert [(at, told in problem) for at, problem in problems(text) if told in problem] == [(line, True)]
    assert time.monotonic() - started < 20, "and soon"


WAIVER = "select: a, until: 2026-12-31, owner: me, reason: relabelling"
WRONG_WAIVERS = {
    "no day": (WAIVER.replace("until: 2026-12-31, ", ""), "a waiver needs `until`"),
    "no owner": (WAIVER.replace("owner: me, ", ""), "a waiver needs `owner`"),
    "no reason": (WAIVER.replace(", reason: relabelling", ""), "a waiver needs `reason`"),
    "an empty reason": (WAIVER.replace("relabelling", '""'), "expected a text"),
    "a day that is none": (WAIVER.replace("12-31", "02-30"), "expected a day such as 2026-12-31"),
    "a day with a time": (WAIVER.replace("12-31", "12-31T12:00:00"), "expected a day such as 2026-12-31"),
    "a word for a day": (WAIVER.replace("2026-12-31", "tomorrow"), "expected a day such as 2026-12-31"),
    "a wildcard": (WAIVER.replace("select: a", 'select: "a.*"'), "without a wildcard"),
    "everything": (WAIVER.replace("select: a", 'select: "**"'), "without a wildcard"),
    "an unknown key": (WAIVER + ", severity: warn", "has no key 'severity'"),
    "twice": (WAIVER + "}\n  - {" + WAIVER, "'a' stands here a second time (waiver). Put it together"),
}


@pytest.mark.parametrize("case", WRONG_WAIVERS)
def test_a_waiver_that_is_not_whole_is_refused(case):
    waiver, told = WRONG_WAIVERS[case]
    found = problems(of("select: a, min: 95%", f"waivers:\n  - {{{waiver}}}\n"))
    assert [line for line, problem in found if told in problem] == [7 if case == "twice" else 6]


def test_a_yaml_bomb_does_not_go_off():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.monotonic()
    assert problems(bomb) == ((2, "an alias (*a) is not read here. Write the value out."),)
    assert time.monotonic() - started < 5


def test_all_that_is_wrong_is_told_at_once():
    text = (
        "version: 1\nrules:\n  - {select: a, min: 95}\n  - {select: b, mim: 95%}\n  - {select: c, min: 95%}\n"
    )
    assert [line for line, _ in problems(text)] == [3, 4]
    many = "version: 1\nrules:\n" + "  - {select: a, min: 95}\n" * 500
    assert len(problems(many)) == 20


def test_thousands_of_rules_are_read_soon():
    text = "version: 1\nrules:\n" + "".join(
        f"  - {{select: extract.fields.field_{number}.accuracy, min: 95%, floor: 90%}}\n"
        for number in range(5000)
    )
    started = time.monotonic()
    assert len(load_rules(text).rules) == 5000
    assert time.monotonic() - started < 30


WRONG_OBJECTS = [
    (None, "a rules file is nothing"),
    ([], "a rules file is a list"),
    ("version: 1", "a rules file is 'version: 1'"),
    ({"version": 1, 2: 3}, "a key is 2, no text"),
    ({"version": 1, "rules": [{"select": "a", "min": 95}]}, "95 has no unit"),
    ({"version": 1, "rules": [{"select": "a", "min": 10**30}]}, "more than 15 digits"),
    ({"version": 1, "rules": [{"select": "a", "min": float("nan")}]}, "expected a percent"),
    ({"version": 1, "rules": [{"select": "a", "min": True}]}, "expected a percent"),
    ({"version": 1, "rules": [{"select": "a", "min": {0.9}}]}, "a value is set"),
    ({"version": True, "rules": [{"select": "a", "min": 0.9}]}, "version is 'True'"),
]


@pytest.mark.parametrize(("given", "told"), WRONG_OBJECTS, ids=str)
def test_an_object_that_is_not_understood_is_refused(given, told):
    with pytest.raises(RulesError, match=f"^rules: .*{re.escape(told)}"):
        read_rules(given)


def test_an_object_that_holds_itself_is_refused():
    turning = {"version": 1}
    turning["rules"] = [turning]
    with pytest.raises(RulesError, match="nested more than 8 deep"):
        read_rules(turning)


# --- a plain mapping of minimums ---------------------------------------------------------------------------------


def test_a_plain_mapping_of_minimums():
    rules = minimums(
        {"extract.accuracy": 0.95, "extract.fields.*.accuracy": 1, 'classify.classes."a.b".recall': 0}
    )
    assert [(rule.select, rule.min) for rule in rules.rules] == [
        ("extract.accuracy", 0.95), ("extract.fields.*.accuracy", 1.0), ('classify.classes."a.b".recall', 0.0),
    ]  # fmt: skip
    assert (rules.policy, rules.min_processed) == ("point", 1.0)
    assert minimums({"extract.accuracy": 0.95}, policy="balanced").policy == "balanced"
    assert minimums({"coverage": 0.9}).min_processed == 0.0, "the rule says how many files may be left out"


@pytest.mark.parametrize(
    "minimum", [95, 1.0001, -0.1, "0.9", "95%", True, None, float("nan"), [0.9]], ids=repr
)
def test_a_minimum_that_is_no_fraction_is_refused_by_name(minimum):
    with pytest.raises(RulesError, match="expected a fraction from 0 to 1") as caught:
        minimums({"coverage": 1, "extract.accuracy": minimum})
    assert "'extract.accuracy'" in str(caught.value)
    assert repr(minimum) in str(caught.value)


@pytest.mark.parametrize("rules", [{}, None, [], ["extract.accuracy"], 0.9], ids=repr)
def test_no_minimums_are_refused(rules):
    with pytest.raises(ValueError, match="expected a mapping of selector to minimum"):
        minimums(rules)


@pytest.mark.parametrize("selector", ["", "a..b", '"open', 7, None, "latency.p95_ms", "latency.*"], ids=repr)
def test_a_minimum_of_what_has_none_is_refused(selector):
    with pytest.raises(RulesError, match=r"elector|no minimum to reach"):
        minimums({selector: 0.9})
