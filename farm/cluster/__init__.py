"""The farm's side of rendering on many machines: its nodes, who renders what, how frames come in. Needs Dask."""
