"""A small court system beside constat: it is told of events, fetches statements, and gives them court record numbers.

An example for whoever connects another system, with Python's own library alone; nothing here is part of constat.
"""
