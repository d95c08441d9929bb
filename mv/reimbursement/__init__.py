"""Reimbursement of vaccinations (vaccinationsersättning): dated rules, adjudication of doses, claims and payments."""
