"""Copies of a site: their folder, and dumps of the database."""
