"""Readers of files: one for each format, what they share, and which is for which file."""
