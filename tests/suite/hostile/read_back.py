"""Reads the results of a class with parsers that are not ours, and compares."""

import csv
import json
import pathlib
import sys
import xml.etree.ElementTree

results = pathlib.Path(sys.argv[1])
CONTROLS = {chr(code) for code in range(32)} - {"\n", "\t"} | {"\x7f", "\u202e"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}

records = {}
for folder in (results / "submissions").iterdir():
    record = json.loads((folder / "result.json").read_text())
    assert record["schema"] == "netlings/result/v1"
    records[record["submission"]] = record
    tests = record["tests"]
    assert record["score"] == sum(test["score"] for test in tests)
    assert record["max_score"] == sum(test["max_score"] for test in tests)

    # https://gradescope-autograders.readthedocs.io/en/latest/specs/
    scope = json.loads((folder / "gradescope.json").read_text())
    assert scope["score"] == record["score"]
    assert isinstance(scope["execution_time"], int)
    assert scope["output_format"] in {"text", "html", "simple_format", "md", "ansi"}
    assert scope["stdout_visibility"] in VISIBILITIES
    assert len(scope["tests"]) == len(tests)
    for test in scope["tests"]:
        assert test["status"] in {"passed", "failed"}
        assert test["visibility"] in VISIBILITIES
        assert 0 <= test["score"] <= test["max_score"]
        assert isinstance(test["name"], str) and isinstance(test["output"], str)

    # What the pack says of points, dates and who sees what.
    by_id = {test["id"]: test for test in tests}
    assert by_id["the_greeting_is_printed"]["max_score"] == 7
    hidden = by_id["the_server_speaks_first"]
    assert hidden["visibility"] == "hidden"
    assert next(test for test in scope["tests"] if test["name"] == hidden["name"])["visibility"] == "hidden"

    fifty = json.loads((folder / "classroom50.json").read_text())
    assert fifty["schema"] == "classroom50/result/v1"
    assert fifty["score"] == record["score"] and fifty["max-score"] == record["max_score"]
    assert all(type(test["score"]) is int for test in fifty["tests"])

    suites = xml.etree.ElementTree.parse(folder / "junit.xml").getroot()
    (suite,) = suites.findall("testsuite")
    assert suites.tag == "testsuites"
    cases = suite.findall("testcase")
    for name, tag in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
        assert int(suite.get(name)) == sum(case.find(tag) is not None for case in cases)
    assert int(suite.get("tests")) == len(cases) == len(tests)
    properties = {one.get("name"): one.get("value") for one in suite.find("properties")}
    assert int(properties["score"]) == record["score"]

    feedback = (folder / "feedback.md").read_text()
    assert hidden["name"] not in feedback and "Due 2026-12-01T22:00:00Z." in feedback
    assert f"{record['score']} of {record['max_score']} points" in feedback
    for text in [feedback, scope["output"], *(test["output"] for test in scope["tests"])]:
        assert not CONTROLS & set(text), sorted(CONTROLS & set(text))
    # What a student's program said stands within a fence that it cannot close.
    fence = next((line for line in feedback.splitlines() if line.startswith("```")), None)
    if fence:
        ticks = fence.rstrip("text")
        inside = feedback.split(fence + "\n", 1)[1].rsplit("\n" + ticks, 1)[0]
        assert ticks not in inside
    assert "<script>" not in feedback.split("```")[0]

with open(results / "grades.csv", newline="") as file:
    rows = list(csv.DictReader(file, strict=True))
assert len(rows) == len(records)
for row in rows:
    assert not row["submission"].startswith(tuple("=+-@")), row["submission"]
plain = lambda text: "".join(c for c in text if c not in CONTROLS)
named = {plain(name): record for name, record in records.items()}
for row in rows:
    record = named.get(row["submission"]) or named[row["submission"].lstrip("'")]
    assert int(row["score"]) == record["score"] and int(row["max_score"]) == record["max_score"]
    for test in record["tests"]:
        assert int(row[test["id"]]) == test["score"]
