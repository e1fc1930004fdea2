"""As in the scene, at half the size."""

import bpy

settings = bpy.context.scene.farmhand
settings.use_resolution_percentage = True
settings.resolution_percentage = 50
