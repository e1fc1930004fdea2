"""`farmhand node`: a machine that renders frames for a farm. Needs Dask."""
