"""Quick to render and to fetch: a quarter of the size, few samples, small files."""

import bpy

settings = bpy.context.scene.farmhand
settings.use_sample_count = True
settings.sample_count = 16
settings.use_denoising_enabled = True
settings.denoising_enabled = True
settings.use_resolution_percentage = True
settings.resolution_percentage = 25
settings.use_output_format = True
settings.output_format = "JPEG"
settings.use_quality = True
settings.quality = 85
