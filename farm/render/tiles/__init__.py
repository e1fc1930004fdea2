"""Split frames: their tiles, where tiles are kept, and how they are merged."""
