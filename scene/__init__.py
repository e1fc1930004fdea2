"""Reads the open .blend and packs it into a job folder. Only bpy and the standard library."""


def blender_command() -> list[str]:
    """The command that starts this Blender; for the bpy module, the Python that has it."""
    # Some modules of scene do not import bpy and are used without it.
    from . import this_blender

    return this_blender.blender_command()
