#!/usr/bin/env python3
"""Adds up one ctest run: count_tests.py BUILD_FOLDER JUNIT_FILE

Prints "passed failed skipped" in test cases. A program that ctest saw fail without a failed case (a
crash, a leak, a timeout) counts as one failure more.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml

counts_folder, report = pathlib.Path(sys.argv[1]) / "test-counts", pathlib.Path(sys.argv[2])
total = [0, 0, 0]
for case in xml.parse(report).getroot().iter("testcase"):
    status = case.get("status")  # run, fail, notrun, disabled
    own = counts_folder / case.get("name")
    passed, failed, skipped = map(int, own.read_text().split()) if own.exists() else (0, 0, 0)
    if status == "run" and passed + failed + skipped == 0:
        passed = 1
    if status not in ("run", "disabled") and failed == 0:
        failed = 1
    total = [a + b for a, b in zip(total, (passed, failed, skipped))]
print(*total)
