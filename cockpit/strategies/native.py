"""A strategy in C: compiled to a shared library, with the flags of the core."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from hashlib import blake2b
from pathlib import Path

from cockpit import paths
from cockpit.core import StrategyKind, load_strategy
from cockpit.strategies.prepared import Prepared, StrategyError

# No fused multiply-add: the arithmetic must not depend on the processor. Each page of a
# frame is touched when it is entered: a stack that overflows ends at the page below it.
FLAGS = (
    "-std=c11", "-O3", "-march=native", "-ffp-contract=off", "-fstack-clash-protection",
    "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra",
)  # fmt: skip
SECONDS = 120
"""The compiler may take."""


def from_source(path: Path, content: bytes) -> Prepared:
    """Preprocess a C file, and say how to build it: headers count as content too."""
    del content
    compiler = _compiler()
    include = f"-I{paths.strategy_include()}"
    text = _run([*compiler, *FLAGS, include, "-E", "-P", str(path)])
    digest = _digest(text, " ".join((*compiler, *FLAGS)).encode())

    def register(key: str) -> StrategyKind:
        library = paths.user_cache() / "strategies" / f"{path.stem}-{digest}.so"
        if not library.exists():
            library.parent.mkdir(parents=True, exist_ok=True)
            # Another name first: a library half written must never be loaded.
            draft = library.with_suffix(f".{os.getpid()}")
            _run([*compiler, *FLAGS, include, str(path), "-o", str(draft)])
            draft.replace(library)
        return load_strategy(key, library)

    return Prepared(digest, register)


def from_library(path: Path, content: bytes) -> Prepared:
    """A library that somebody has built: copied, so that a new build cannot change it."""
    digest = _digest(content)

    def register(key: str) -> StrategyKind:
        library = paths.user_cache() / "strategies" / f"{path.stem}-{digest}.so"
        if not library.exists():
            library.parent.mkdir(parents=True, exist_ok=True)
            draft = library.with_suffix(f".{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(library)
        return load_strategy(key, library)

    return Prepared(digest, register)


def _digest(*parts: bytes) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _compiler() -> list[str]:
    named = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if shutil.which(named[0]) is None:
        raise StrategyError(f"there is no C compiler ({named[0]}) to build it with")
    return named


def _run(command: list[str]) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise StrategyError(f"the compiler took more than {SECONDS} s") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").splitlines()
        errors = (
            [line for line in lines if "error" in line] or lines or ["no reason given"]
        )
        raise StrategyError(f"does not compile: {errors[0].strip()}")
    return done.stdout
