"""Checks of the files that the render reads: whether they are there, can be used, and can be sent as they are named."""
