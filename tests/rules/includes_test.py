"""The rules of the tree hold, and the checker that says so sees what breaks them."""
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import check_includes  # noqa: E402


class Tree:
    """A small tree of modules in a temporary folder."""

    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name, content in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)

    def problems(self):
        with self.folder:
            return check_includes.check(self.root)


BASE = {"src/base/CMakeLists.txt": "add_module(base SOURCES a.cpp)"}
DB = {"src/db/CMakeLists.txt": "add_module(db SOURCES a.cpp USES base LIBS Poco::Data)"}
JOBS = {"src/jobs/CMakeLists.txt": "add_module(jobs\n  SOURCES a.cpp\n  USES db # and base below it\n)"}


class Includes(unittest.TestCase):
    def test_this_tree_keeps_its_rules(self):
        self.assertEqual(check_includes.check(ROOT), [])

    def test_the_modules_of_this_tree_are_found(self):
        uses, _ = check_includes.declared_uses(ROOT)
        self.assertLessEqual({"base", "db", "media", "http"}, set(uses))
        self.assertIn("base", uses["db"])

    def test_a_module_may_include_what_its_uses_lead_to(self):
        self.assertEqual(Tree(BASE | DB | JOBS | {
            "src/jobs/a.cpp": '#include "base/x.h"\n#include "db/x.h"\n#include "jobs/x.h"\n#include <vector>\n',
        }).problems(), [])

    def test_an_include_upwards_is_found_with_its_line(self):
        problems = Tree(BASE | DB | {"src/base/a.cpp": '\n#include "db/x.h"\n'}).problems()
        self.assertEqual(len(problems), 1)
        self.assertIn("src/base/a.cpp:2", problems[0])

    def test_an_undeclared_include_is_found(self):
        self.assertEqual(len(Tree(BASE | DB | JOBS | {"src/db/a.h": "#include <jobs/x.h>\n"}).problems()), 1)

    def test_climbing_out_of_a_module_is_found(self):
        self.assertEqual(len(Tree(BASE | {"src/base/a.cpp": '#include "../db/x.h"\n'}).problems()), 1)

    def test_modules_that_use_each_other_are_found(self):
        circle = {"src/base/CMakeLists.txt": "add_module(base SOURCES a.cpp USES db)"}
        self.assertEqual(len(Tree(DB | circle).problems()), 2)

    def test_each_outside_library_has_one_home(self):
        for header in ("libavcodec/avcodec.h", "sqlite3.h", "libpq-fe.h", "curl/curl.h",
                       "Poco/Net/ServerSocket.h"):
            with self.subTest(header=header):
                line = f'extern "C" {{\n#include <{header}>\n}}\n'
                self.assertEqual(len(Tree(BASE | {"src/base/a.cpp": line}).problems()), 1)
                self.assertEqual(len(Tree(BASE | {"src/service.cpp": line}).problems()), 1)

    def test_samples_include_nothing_of_ours(self):
        self.assertEqual(len(Tree(BASE | {"samples/a.cpp": '#include "base/error.h"\n'}).problems()), 1)


if __name__ == "__main__":
    unittest.main()
