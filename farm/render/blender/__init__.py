"""A render Blender: its process, its confinement, its folder, and what its worker may answer."""
