"""What a change would do to the money, told before it is saved: of a dose as entered, of a group as it would be."""
