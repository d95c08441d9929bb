"""Adjudication: each dose, the rules, and what is paid for it and why."""
