"""The screens: what all of them share, the parts that several draw, and a folder for each feature."""
