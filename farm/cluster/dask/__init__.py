"""Dask as the farm uses it: its scheduler, guarded, and existing clusters."""
