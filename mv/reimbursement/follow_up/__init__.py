"""Follow-up of the payments for doses: paid, payable, at risk and lost, and why."""
