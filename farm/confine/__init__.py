"""How a render Blender is confined to its job, by the means of the operating system."""
