"""Streamlit pages over the annotation store. One page a file."""
