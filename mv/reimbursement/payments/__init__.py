"""Payments: files of payers matched to claim lines, and the balance of each line."""
