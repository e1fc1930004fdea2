"""How a render Blender is kept from all that is not its job: by the system where the system can do it."""
