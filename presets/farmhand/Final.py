"""As in the scene, full size, without anything that loses quality."""

import bpy

settings = bpy.context.scene.farmhand
settings.use_resolution_percentage = True
settings.resolution_percentage = 100
settings.use_output_format = True
settings.output_format = "PNG"
settings.use_color_depth = True
settings.color_depth = "16"
