"""What the next click sends: presets, overrides, the request, its check, and what waits to be packed."""
