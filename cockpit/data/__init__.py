"""Readers of market data files: from what an exchange or vendor wrote to what the core plays.

errors   what is said of a file that cannot be read
table    text of comma-separated numbers -> exact integers
lobster  LOBSTER message and order book files
reveal   the orders a LOBSTER file does not name, worked out from its order book
source   any recording: recognised, read, and described for the engine
"""
