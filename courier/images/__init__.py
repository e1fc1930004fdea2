"""Reads image files. `inspector` is the only entry point; it chooses the module that knows the format."""
