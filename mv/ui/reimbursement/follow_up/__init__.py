"""The screen of follow-up."""
