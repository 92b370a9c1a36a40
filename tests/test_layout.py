"""The directions of the house hold: who may include, or import, whom."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A folder of native/src, and those it may include besides itself.
C_LAYERS = {
    "base": set(),
    "wire": {"base"},
    "book": {"base", "wire"},
    "venue": {"base", "wire", "book"},
    "desk": {"base", "wire", "book"},
    "drive": {"base", "wire", "book", "venue", "desk"},
}

# A part of the package, and those it may import besides itself. `bench` measures the core
# and is a command's business, like backtest.
PYTHON_LAYERS = {
    "_build": set(),
    "paths": set(),
    "looks": set(),
    "record": set(),
    "core": {"_native", "record"},
    "strategies": {"core", "paths"},
    "config": {"core", "strategies", "looks", "paths"},
    "control": {"core", "config", "paths"},
    "data": {"core", "config", "control", "paths"},
    "backtest": {"core", "config", "control", "data", "paths"},
    "observe": {"core", "config", "control", "data", "paths"},
    "bench": {"core", "config", "paths"},
    "journal": {"core", "paths"},
    "ui": {"core", "config", "control", "data", "backtest", "observe", "paths"},
    "cli": {
        "core",
        "config",
        "control",
        "data",
        "backtest",
        "observe",
        "bench",
        "journal",
        "looks",
        "strategies",
        "ui",
        "paths",
    },
}

TOP_LEVEL = {
    "pyproject.toml", "setup.py", "Makefile", "README.md", "LICENSE", "MANIFEST.in",
    "cockpit", "native", "config", "themes", "tests", "snapshots", "docs", ".ci",
    ".gitignore", ".gitattributes", ".clang-format",
}  # fmt: skip


def imports_of(file: Path) -> set[str]:
    """The parts of cockpit a module imports, at any depth of its code."""
    found = set()
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            )
            module = ".".join(filter(None, (base, node.module)))
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "cockpit" and len(parts) > 1:
                found.add(parts[1])
    return found - {"__version__"}


@pytest.mark.parametrize("layer", C_LAYERS)
def test_a_folder_of_the_core_includes_only_what_is_below_it(layer: str):
    for file in sorted((ROOT / "native/src" / layer).rglob("*.[ch]")):
        for name in re.findall(r'#include "([^"]+)"', file.read_text()):
            folder = name.split("/")[0] if "/" in name else layer
            if name != "cockpit.h":
                assert folder in C_LAYERS[layer] | {layer}, f"{file} includes {name}"


@pytest.mark.parametrize("layer", PYTHON_LAYERS)
def test_a_part_of_the_package_imports_only_what_is_below_it(layer: str):
    path = ROOT / "cockpit" / layer
    alone = path.with_suffix(".py")
    for file in [*sorted(path.rglob("*.py")), *([alone] if alone.exists() else [])]:
        foreign = imports_of(file) - PYTHON_LAYERS[layer] - {layer}
        assert not foreign, f"{file} imports {sorted(foreign)}"


def test_every_part_of_the_house_has_a_place_in_the_order():
    parts = {path.stem for path in (ROOT / "cockpit").iterdir() if path.suffix == ".py"}
    parts |= {path.parent.name for path in (ROOT / "cockpit").glob("*/__init__.py")}
    assert parts - {"__init__", "__main__"} <= set(PYTHON_LAYERS)
    assert {path.name for path in (ROOT / "native/src").iterdir()} == set(C_LAYERS)


def test_nothing_stands_at_the_top_that_was_not_agreed():
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    assert {line.split("/")[0] for line in listing.stdout.splitlines()} <= TOP_LEVEL


@pytest.mark.parametrize(
    "module", ["cockpit.core", "cockpit.config", "cockpit.control.local"]
)
def test_what_is_below_the_screen_does_not_load_textual(module: str):
    code = f"import sys, {module}; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_the_core_module_touches_the_compiled_one():
    for file in (ROOT / "cockpit").rglob("*.py"):
        if file.parent.name != "core" and file.name != "_build.py":
            assert "_native" not in imports_of(file), file
