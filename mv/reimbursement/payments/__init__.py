"""What payers have paid: their files matched to the lines of claims, and how each line stands since."""
