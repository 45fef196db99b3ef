"""Rows of CSV, TSV, JSON Lines and Parquet files: encodings, columns, cells, and why a row is refused."""
