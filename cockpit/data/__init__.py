"""Readers of market data files: what an exchange wrote, as what the core plays.

errors   what is said of a file that cannot be read
packed   files packed by gzip
table    text of comma-separated numbers -> exact integers
lobster  LOBSTER message and order book files
reveal   the orders a LOBSTER file does not name, worked out from its order book
source   any recording: recognised, read, and described for the engine
"""
