"""Claims on payers: their lines never change, and a later claim reverses what is no longer true."""
