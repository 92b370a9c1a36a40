"""How pip builds cockpit: native/Makefile makes the core; the defaults come along."""

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
DEFAULTS = ("config", "themes")
HEADERS = ("cockpit.h", "cockpit_strategy.h")  # for strategies of a user's own


class BuildCore(build_ext):
    """Hand the one extension to make, which knows flags and dependencies."""

    def build_extension(self, ext: Extension) -> None:
        target = Path(self.get_ext_fullpath(ext.name)).resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                "make",
                "-C",
                str(ROOT / "native"),
                f"PYTHON={sys.executable}",
                f"EXTENSION={target}",
            ],
            check=True,
        )


class BuildPackage(build_py):
    """The top-level config and themes become data of the package."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in DEFAULTS:
            target = Path(self.build_lib) / "cockpit" / "defaults" / name
            shutil.copytree(ROOT / name, target, dirs_exist_ok=True)
        include = Path(self.build_lib) / "cockpit" / "defaults" / "include"
        include.mkdir(parents=True, exist_ok=True)
        for name in HEADERS:
            shutil.copy(ROOT / "native" / name, include)


setup(
    ext_modules=[Extension("cockpit._native", sources=[], py_limited_api=True)],
    cmdclass={"build_ext": BuildCore, "build_py": BuildPackage},
)
