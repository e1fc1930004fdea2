"""Runs inside a render Blender: opens a scene, sets it up, renders the frames it is handed. bpy and stdlib alone."""
