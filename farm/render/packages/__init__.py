"""Uploads, unpacked or linked into a folder that a Blender may read."""
