"""Files of people: read, checked, previewed as a plan, and imported as a whole or not at all."""
