"""What a dose is worth (vaccinationsersättning): dated rules, the verdict on each dose and why, what would mend it."""
