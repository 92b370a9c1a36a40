"""``cockpit bench``: how fast this machine runs the core, and against what.

Every row is measured beside a reference in the same run: a limit of the machine, or
another system on the same work. Machines differ and are shared, so the ratio is the
figure to quote. :mod:`cockpit.bench.rows` holds the rows.
"""
