"""Issuers of statements: who they are and what their numbers look like."""

from pipeline.ocr.issuers.issuer import DEFAULT_ISSUER, Issuer, NumberSeries, parse_issuer

__all__ = ["DEFAULT_ISSUER", "Issuer", "NumberSeries", "parse_issuer"]
