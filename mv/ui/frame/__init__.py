"""The frame around every page: the script that draws it, sign-in, unexpected errors."""
