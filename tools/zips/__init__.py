"""What goes into the zips of both extensions, how they become the same bytes everywhere, and how Blender takes them."""
