"""All passes in one OpenEXR file for each frame, half float, for compositing."""

import bpy

settings = bpy.context.scene.farmhand
settings.use_output_format = True
settings.output_format = "OPEN_EXR_MULTILAYER"
settings.use_color_depth = True
settings.color_depth = "16"
settings.use_exr_codec = True
settings.exr_codec = "ZIP"
