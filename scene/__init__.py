"""Reads the open .blend and packs it into a job folder. bpy and the standard library alone."""


def blender_command() -> list[str]:
    """The command that starts this Blender; for the bpy module, the Python that has it."""
    # Some parts of scene know no bpy and are used without one.
    from . import this_blender

    return this_blender.blender_command()
