"""The farm's side of rendering on many machines: its nodes, which one renders what, how frames arrive. Needs Dask."""
