#!/usr/bin/env python3
"""Runs the unittest files of a folder: python_tests.py FOLDER.

Writes "passed failed skipped" to the file that CLIPCOURIER_TEST_COUNTS names.
"""
import os
import sys
import unittest

sys.dont_write_bytecode = True
suite = unittest.defaultTestLoader.discover(sys.argv[1], pattern="*_test.py")
result = unittest.TextTestRunner(verbosity=2).run(suite)
failed_tests = {test.id() for test, _ in result.failures + result.errors}
failed, skipped = len(failed_tests), len(result.skipped)
counts = os.environ.get("CLIPCOURIER_TEST_COUNTS")
if counts:
    with open(counts, "w") as file:
        file.write(f"{max(0, result.testsRun - failed - skipped)} {failed} {skipped}\n")
sys.exit(0 if result.testsRun and not failed else 1)
