"""Screens of reimbursement."""
