"""What can be wrong with files of this package, without what reads them."""


class TapeError(Exception):
    """A file is no tape, or one that cannot be read; the message says which and why."""
