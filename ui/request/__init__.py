"""What the next click submits: presets, overrides, the request, its check, and the packing queue."""
