"""Checks of the files that the render reads: whether they exist, can be used, and can be sent under their names."""
