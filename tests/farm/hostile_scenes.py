"""Makes scenes that try to leave their package: run by a Blender, or by a Python that has bpy.

hostile_scenes.py -- FOLDER OUTSIDE PORT

FOLDER gets KIND.blend for every kind below. OUTSIDE: a folder of the "server", with secrets to read, where nothing may
be written. PORT: of 127.0.0.1, which nobody may call.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))

from hostile_parts import FOLDER, OUTSIDE, PORT, base, compositor, file_output, save_all, strips_of, texture_on_cube

PYTHON = f"open({OUTSIDE + '/python-ran'!r}, 'w').write('ran')"


def movie_strip(path: str) -> None:
    """A strip that was honest once: Blender takes only real movies when one is added."""
    strips_of(base()).new_movie("movie", OUTSIDE + "/clip.mkv", 1, 1).filepath = path


def freestyle_module() -> None:
    scene = base()
    scene.render.use_freestyle = True
    settings = scene.view_layers[0].freestyle_settings
    settings.mode = "SCRIPT"
    text = bpy.data.texts.new("style.py")
    text.write(PYTHON)
    module = settings.modules.new()
    module.script, module.use = text, True


def registered_text() -> None:
    base()
    text = bpy.data.texts.new("startup.py")
    text.write(PYTHON)
    text.use_module = True


def driver() -> None:
    base()
    driver = bpy.data.objects["Cube"].driver_add("location", 0).driver
    driver.expression = f"__import__('os').mkdir({OUTSIDE + '/driver-ran'!r}) or 0"


def strip_of_text() -> None:
    movie_strip(f"concat:{OUTSIDE}/secret.txt|log.txt")


def strip_over_the_network() -> None:
    movie_strip(f"http://127.0.0.1:{PORT}/strip.mkv")


def strips_of_playlists() -> None:
    """Some are behind what FFmpeg passes over: a comment, the tag of an MP3 file."""
    address = f"http://127.0.0.1:{PORT}/1.ts"
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n".encode()
    dash = f'<MPD profiles="urn:mpeg:dash:profile:isoff-live:2011"><BaseURL>{address}</BaseURL></MPD>'.encode()
    playlists = {
        "hls.mkv": hls,
        "dash.mp4": b"<?xml version='1.0'?>\n<!--" + b"x" * 500_000 + b"-->" + dash,
        "tag.m3u8": b"ID3\4\0\0\0\2\0\0" + bytes(2 << 14) + hls,
        "tag and footer.m3u8": b"ID3\4\0\x10\0\0\0\4" + bytes(4) + b"3DI\4\0\x10\0\0\0\4" + hls,
        "tag of letters.m3u8": b"ID3\4\1\1\1\1\1\1" + b"x" * 99 + dash,
        "imf.mxf": b"<CompositionPlaylist/>",
        "sdp.mkv": f"c=IN IP4 127.0.0.1\nm=video {PORT} RTP/AVP 96\n".encode(),
    }
    strips = strips_of(base())
    for number, (name, content) in enumerate(playlists.items(), start=1):
        Path(FOLDER, name).write_bytes(content)
        strips.new_movie(name, OUTSIDE + "/clip.mkv", number, 1).filepath = f"//{name}"


def images_over_the_network() -> None:
    base()
    for source, name in (("FILE", "image.png"), ("MOVIE", "movie.mp4")):
        image = bpy.data.images.new(name, 4, 4)
        image.source = source
        image.filepath = f"http://127.0.0.1:{PORT}/{name}"
        texture_on_cube(image)


def image_of_the_server() -> None:
    base()
    texture_on_cube(bpy.data.images.load(OUTSIDE + "/secret.png"))


def image_by_steps_up() -> None:
    base()
    image = bpy.data.images.load(OUTSIDE + "/secret.png")
    image.filepath = "//" + "../" * 20 + OUTSIDE.lstrip("/") + "/secret.png"
    texture_on_cube(image)


def library_of_the_server() -> None:
    scene = base()
    with bpy.data.libraries.load(OUTSIDE + "/project.blend", link=True) as (there, here):
        here.objects = [name for name in there.objects if name == "Secret"]
    for linked in here.objects:
        scene.collection.objects.link(linked)


def library_by_steps_up() -> None:
    library_of_the_server()
    (library,) = bpy.data.libraries
    library.filepath = "//" + "../" * 20 + OUTSIDE.lstrip("/") + "/project.blend"


def files_of_the_system() -> None:
    """Endless ones, ones that wait for a writer, and those that tell secrets, as every kind of file."""
    scene = base()
    for name in ("/dev/zero", "/dev/stdin", "/proc/self/environ", "//../../../../proc/self/environ"):
        image = bpy.data.images.new(name, 4, 4)
        image.source, image.filepath = "FILE", name
        texture_on_cube(image)
    volume = bpy.data.volumes.new("volume")
    volume.filepath = "//../../../../proc/self/maps"
    scene.collection.objects.link(bpy.data.objects.new("volume", volume))
    strips_of(scene).new_movie("strip", OUTSIDE + "/clip.mkv", 1, 1).filepath = "/dev/random"
    clip = bpy.data.movieclips.load(OUTSIDE + "/clip.mkv")
    clip.filepath = "/dev/full"
    tree = compositor(scene)
    node = tree.nodes.new("CompositorNodeMovieClip")
    node.clip = clip
    end = "NodeGroupOutput" if bpy.app.version >= (5, 0) else "CompositorNodeComposite"
    tree.links.new(node.outputs[0], tree.nodes.new(end).inputs[0])


def file_output_by_steps_up() -> None:
    """By the folder, and by the name of the file below it."""
    tree = compositor(base())
    file_output(tree, "//" + "../" * 20 + OUTSIDE.lstrip("/") + "/steps/")
    steps = "../" * 20 + OUTSIDE.lstrip("/") + "/steps"
    file_output(tree, "//")
    (node, *_) = [each for each in tree.nodes if getattr(each, "base_path", getattr(each, "directory", "")) == "//"]
    if bpy.app.version < (5, 0):
        node.file_slots[0].path = steps
    else:
        node.file_name = steps
        node.file_output_items[0].name = steps


def view_suffix() -> None:
    scene = base()
    scene.render.use_multiview = True
    scene.render.views_format = "MULTIVIEW"
    scene.render.image_settings.views_format = "INDIVIDUAL"
    for view in scene.render.views:
        view.use = False
    view = scene.render.views[0]
    view.use = True
    view.file_suffix = "/.." * 12 + OUTSIDE + "/vw"


def file_output_of_another_scene() -> None:
    other = base()
    file_output(compositor(other), OUTSIDE + "/nodes/")
    other.name = "Other"
    main = bpy.data.scenes.new("Main")
    bpy.context.window.scene = main
    main.render.engine = "BLENDER_WORKBENCH"
    main.render.resolution_x, main.render.resolution_y = 32, 18
    main.frame_start, main.frame_end = 1, 2
    strips_of(main).new_scene("strip", other, 1, 1)


def fluid_cache() -> None:
    base()
    bpy.ops.mesh.primitive_cube_add(size=4)
    modifier = bpy.context.object.modifiers.new("Fluid", "FLUID")
    modifier.fluid_type = "DOMAIN"
    domain = modifier.domain_settings
    domain.domain_type, domain.resolution_max, domain.cache_type = "GAS", 8, "REPLAY"
    domain.cache_directory = OUTSIDE + "/fluid"
    bpy.ops.mesh.primitive_cube_add(size=1)
    flow = bpy.context.object.modifiers.new("Fluid", "FLUID")
    flow.fluid_type = "FLOW"
    flow.flow_settings.flow_behavior = "INFLOW"


def latin_1_path() -> None:
    base()
    image = bpy.data.images.new("wood", 8, 8)
    image.source = "FILE"
    image.filepath = os.fsdecode(b"//textures/holz_\xe4lt.png")
    texture_on_cube(image)


def path_longer_than_a_name_may_be() -> None:
    base()
    image = bpy.data.images.new("wood", 8, 8)
    image.source = "FILE"
    image.filepath = "//" + "a" * 300 + ".png"
    texture_on_cube(image)


def frame_rate_base() -> None:
    scene = base()
    scene.render.fps, scene.render.fps_base = 25, 1.2345


def server_files() -> None:
    """What lies on the server: a secret picture, text, project, and a movie to make strips of."""
    scene = base()
    image = bpy.data.images.new("secret", 16, 16)
    image.filepath_raw, image.file_format = OUTSIDE + "/secret.png", "PNG"
    image.save()
    Path(OUTSIDE, "secret.txt").write_text("TOP SECRET\n" * 40)
    bpy.data.objects["Cube"].name = "Secret"
    bpy.ops.wm.save_as_mainfile(filepath=OUTSIDE + "/project.blend")
    scene.render.engine = "BLENDER_WORKBENCH"
    if bpy.app.version >= (5, 0):
        scene.render.image_settings.media_type = "VIDEO"
    scene.render.image_settings.file_format = "FFMPEG"
    scene.render.ffmpeg.format = "MKV"
    scene.render.use_file_extension = False
    scene.render.filepath = OUTSIDE + "/clip.mkv"
    bpy.ops.render.render(animation=True)


KINDS: tuple[Callable[[], None], ...] = (
    freestyle_module, registered_text, driver, strip_of_text, strip_over_the_network, strips_of_playlists,
    images_over_the_network, image_of_the_server, image_by_steps_up, library_of_the_server, library_by_steps_up,
    files_of_the_system, file_output_by_steps_up, view_suffix, file_output_of_another_scene, fluid_cache,
    latin_1_path, path_longer_than_a_name_may_be, frame_rate_base,
)  # fmt: skip

if __name__ == "__main__":
    server_files()
    save_all(KINDS)
    for trace in ("fluid", "python-ran"):
        assert not Path(OUTSIDE, trace).is_file()
    os._exit(0)
