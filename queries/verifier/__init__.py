"""Static lookup of API paths in released packages, for ../verify.py."""
