"""Checks of reimbursement: findings that payments alone do not show."""
