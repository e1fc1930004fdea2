"""Dask as the farm uses it: its scheduler, guarded, and clusters that exist already."""
