"""Measures of retrieval and answers, and the benchmarks that print them."""
