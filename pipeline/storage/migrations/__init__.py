"""The history of the tables, applied at start by `storage.records.database`."""
