#!/usr/bin/env python3
"""Who may include whom: what add_module's USES says, read from the include lines themselves.

A module includes itself and what stands in its USES, directly or through another module. Each outside
library has one home. The phone simulator and everything else in samples/ includes nothing of ours.
Usage: check_includes.py [ROOT]; prints each violation, exit code 1 when there is one.
"""
import pathlib
import re
import sys

# Outside headers and the only modules (or the files in src/ itself) that may include them.
HOMES = {
    r"lib(av|sw)[a-z]+/": {"transcoder_worker"},
    r"x264\.h": {"transcoder_worker"},
    r"seccomp\.h": {"transcoder_worker"},
    r"transcoder/worker/": {"transcoder_worker"},  # ours, but in another process than the service
    r"sqlite3\.h": {"db"},
    r"libpq-fe\.h": {"db"},
    r"curl/": {"net"},
    r"Poco/Net/": {"http"},
    r"(sodium\.h|sodium/|phonenumbers/)": {"base"},
    r"openssl/(ssl|err|pem|x509v3)\.h": {"http"},  # TLS, in http/tls.cpp
    r"openssl/(?!(ssl|err|pem|x509v3)\.h)": {"base"},
}
# A test stands outside the tree and may do what only one module may do inside it.
MODULE_FOLDERS = ["src/*/", "media/", "transcoder/", "transcoder/worker/"]
SOURCE = {".h", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
MODULE = re.compile(r"add_module\(\s*(\w+)(.*?)\)", re.DOTALL)
KEYWORDS = {"SOURCES", "USES", "LIBS", "PUBLIC_LIBS"}


def without_comments(cmake):
    return re.sub(r"#.*", "", cmake)


def declared_uses(root):
    """Module name -> names in its USES, and module name -> its folder."""
    uses, folders = {}, {}
    for pattern in MODULE_FOLDERS:
        for folder in sorted(root.glob(pattern)):
            lists = folder / "CMakeLists.txt"
            if not lists.exists():
                continue
            for name, body in MODULE.findall(without_comments(lists.read_text())):
                words, current = body.split(), None
                uses[name], folders[name] = set(), folder
                for word in words:
                    if word in KEYWORDS:
                        current = word
                    elif current == "USES":
                        uses[name].add(word)
    return uses, folders


def reachable(name, uses):
    seen, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += uses.get(module, ())
    return seen


def includes(file):
    text = file.read_text(encoding="utf-8", errors="replace")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(2)


def sources(folder, but_not=()):
    return sorted(f for f in folder.rglob("*") if f.suffix in SOURCE and f.is_file()
                  and not any(other in f.parents for other in but_not))


def circles(uses):
    return [f"{name}: uses itself through {via}" for name in sorted(uses) for via in sorted(uses[name])
            if name in reachable(via, uses)]


def check_module(name, folders, root, uses):
    problems, allowed = [], reachable(name, uses)
    folder = folders[name]
    inner = [other for other in folders.values() if folder in other.parents]  # modules of their own
    for file in sources(folder, inner):
        for line, header in includes(file):
            where = f"{file.relative_to(root)}:{line}"
            first = header.split("/")[0]
            if "/" in header and first in uses and first not in allowed:
                problems.append(f"{where}: {name} includes {header}, but its USES leads to no {first}")
            if header.startswith("../"):
                problems.append(f"{where}: {header}: name the module instead of climbing to it")
            problems += [f"{where}: {header} belongs into {' or '.join(sorted(homes))} only"
                         for pattern, homes in HOMES.items()
                         if re.match(pattern, header) and name not in homes]
    return problems


def check_samples(root, uses):
    return [f"{file.relative_to(root)}:{line}: samples include nothing of ours ({header})"
            for file in sources(root / "samples")
            for line, header in includes(file)
            if header.split("/")[0] in set(uses) | {"src", ".."}]


def check(root):
    """One line per violation."""
    uses, folders = declared_uses(root)
    problems = circles(uses)
    for name in folders:
        problems += check_module(name, folders, root, uses)
    # main, service and settings stand above all modules; the libraries still have their homes.
    for file in sorted((root / "src").glob("*.*")) + sources(root / "src" / "commands"):
        if file.suffix in SOURCE:
            problems += [f"{file.relative_to(root)}:{line}: {header} belongs into {' or '.join(sorted(homes))} only"
                         for line, header in includes(file)
                         for pattern, homes in HOMES.items() if re.match(pattern, header)]
    return problems + check_samples(root, uses)


if __name__ == "__main__":
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    found = check(tree)
    print("\n".join(found) or "every include line keeps to its module's USES")
    sys.exit(1 if found else 0)
