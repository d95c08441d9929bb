"""Tables that people hand in as CSV or Excel workbooks."""
