"""What was claimed from each payer: claims whose lines stay as they were, and later claims that correct them."""
