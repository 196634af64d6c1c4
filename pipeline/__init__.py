"""constat: takes in paper statements of offence and makes digitized originals that a court can rely on."""

__version__ = "0.1.0"
