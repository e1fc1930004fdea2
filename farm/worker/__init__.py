"""Runs inside a render Blender: opens a scene, sets it up, renders the requested frames. Only bpy and stdlib."""
