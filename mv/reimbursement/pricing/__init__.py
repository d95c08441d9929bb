"""Adjudication: which rule decides on a dose, the outcome and the amount, and what could be corrected."""
