"""Values: text, numbers, times, statements, terms, and their one byte form."""
