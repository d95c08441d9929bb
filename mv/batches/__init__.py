"""Batches of vaccines: how they become known, what state they are in, and what that means for a dose."""
