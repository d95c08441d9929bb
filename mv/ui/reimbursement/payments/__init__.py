"""The screen of payment files and balances."""
