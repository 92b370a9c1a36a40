"""Operate electronic trading from a terminal: a Textual cockpit over a C core."""

__version__ = "0.1.0"
