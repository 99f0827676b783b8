"""Every C++ file of the project is formatted by .clang-format."""
import pathlib
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = ["src", "media", "transcoder", "tests", "samples"]


def cpp_files():
    """Those in git and those about to be; all of them where there is no git."""
    patterns = [f"{folder}/**/*{suffix}" for folder in FOLDERS for suffix in (".h", ".cpp")]
    if (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        wanted = (ROOT / name for name in names if name.endswith((".h", ".cpp")))
        return sorted(file for file in wanted if file.exists())
    return sorted(file for pattern in patterns for file in ROOT.glob(pattern) if "node_modules" not in file.parts)


class Format(unittest.TestCase):
    def test_clang_format_would_change_nothing(self):
        files = cpp_files()
        self.assertGreater(len(files), 50)
        tool = shutil.which("clang-format-14")
        self.assertIsNotNone(tool, "clang-format-14 is missing")
        run = subprocess.run([tool, "--dry-run", "-Werror", *map(str, files)], capture_output=True, text=True)
        unformatted = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "error:" in line})
        self.assertEqual(unformatted, [], "run: clang-format-14 -i " + " ".join(unformatted))
        self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
