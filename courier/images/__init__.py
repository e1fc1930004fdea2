"""Looks into picture files. `inspector` is the one way in; it chooses the module that knows the format."""
