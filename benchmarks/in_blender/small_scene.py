"""Makes the benchmark's scene: frames of about 0.4 s on two cores, with some geometry to load.

small_scene.py -- PATH FRAMES [SAMPLES]        run by a Blender, or by a Python that has bpy
"""

import sys

import bpy


def main(path: str, frames: int, samples: int = 24) -> None:
    """Twelve monkeys that turn around one another, Cycles 320 × 180, PNG."""
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    pivot = bpy.data.objects.new("Pivot", None)
    scene.collection.objects.link(pivot)
    for i in range(12):
        bpy.ops.mesh.primitive_monkey_add(size=0.9, location=(i % 4 - 1.5, i // 4 - 1, i % 3 - 1))
        bpy.context.object.parent = pivot
    for frame, angle in ((1, 0.0), (frames, 3.0)):
        pivot.rotation_euler.z = angle
        pivot.keyframe_insert("rotation_euler", frame=frame)
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = samples <= 24
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.render.resolution_percentage = 100
    scene.frame_start, scene.frame_end = 1, frames
    bpy.ops.wm.save_as_mainfile(filepath=path, compress=True)


if __name__ == "__main__":
    path, *numbers = sys.argv[sys.argv.index("--") + 1 :]
    main(path, *map(int, numbers))
