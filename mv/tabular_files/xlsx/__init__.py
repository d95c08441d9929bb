"""Excel workbooks, read part by part within limits."""
