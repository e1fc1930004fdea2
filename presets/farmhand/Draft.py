"""A first look: half size, few samples."""

import bpy

settings = bpy.context.scene.farmhand
settings.use_sample_count = True
settings.sample_count = 32
settings.use_denoising_enabled = True
settings.denoising_enabled = True
settings.use_resolution_percentage = True
settings.resolution_percentage = 50
