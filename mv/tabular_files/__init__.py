"""Read tables that people hand in as CSV or Excel workbooks; begin with :func:`mv.tabular_files.reading.read_table`."""
