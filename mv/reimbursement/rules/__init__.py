"""The dated rules of what is paid: kept, validated, changed, and held against each other."""
