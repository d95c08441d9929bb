"""Read Excel workbooks, part by part and within limits."""
