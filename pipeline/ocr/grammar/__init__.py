"""What a field may say: one grammar a subject, and the choice of the grammar for a zone."""

from pipeline.ocr.grammar.normal import FieldGrammar, Flag, Normal
from pipeline.ocr.grammar.select import barcode_numbers, grammar_for

__all__ = ["FieldGrammar", "Flag", "Normal", "barcode_numbers", "grammar_for"]
