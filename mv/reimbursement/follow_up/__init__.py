"""Follow-up of what doses bring in kronor, and why not."""
