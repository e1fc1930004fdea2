"""Renders frames the way `blender -b FILE -a` does, for comparison: run by a Blender, or by a Python that has bpy.

render_directly.py -- FILE FOLDER FIRST LAST
"""

import sys

import bpy

if __name__ == "__main__":
    blend, folder, first, last = sys.argv[sys.argv.index("--") + 1 :]
    bpy.ops.wm.open_mainfile(filepath=blend, load_ui=False, use_scripts=False)
    scene = bpy.context.scene
    scene.render.filepath = f"{folder}/####"
    scene.frame_start, scene.frame_end = int(first), int(last)
    bpy.ops.render.render(animation=True)
