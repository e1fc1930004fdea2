"""The render service: the same API as the cloud one, rendering with Blender on your own computers. Knows no bpy."""
