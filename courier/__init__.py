"""Carries submissions from here to a render service and back. Knows no bpy."""
