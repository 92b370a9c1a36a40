"""Write cffi's C glue from the core's header: ``python cockpit/_build.py OUT.c``.

The header is the only place where the interface is declared; the C compiler includes
it and cffi parses it. cffi reads no preprocessor, so of the lines that begin with ``#``
only plain integer constants are passed on to it.
"""

import re
import sys
from pathlib import Path

from cffi import FFI

HEADER = Path(__file__).resolve().parent.parent / "native" / "cockpit.h"
INTEGER = re.compile(r"#define \w+ -?\d+\b")


def readable(header: str) -> str:
    """What of ``header`` cffi can parse: declarations and integer constants."""
    lines = header.splitlines()
    return "\n".join(
        line for line in lines if not line.startswith("#") or INTEGER.match(line)
    )


def main(target: str) -> None:
    ffi = FFI()
    ffi.cdef(readable(HEADER.read_text()))
    ffi.set_source("cockpit._native", '#include "cockpit.h"')
    ffi.emit_c_code(target)


if __name__ == "__main__":
    main(sys.argv[1])
