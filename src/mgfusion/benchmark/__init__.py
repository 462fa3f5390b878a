"""The benchmark: methods, runs, tables, figures and the report."""
