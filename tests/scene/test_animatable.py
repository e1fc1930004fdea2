"""Nothing in the scan and the checks asks for the value of an animatable property but the helper for that."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from blenders_of_scenes import Blender

from cache import ROOT

HELPER = {"animation", "curves", "nla", "drivers", "expression"}
"""These read the animation itself."""
FIXED = {
    "enable_for_render",  # of the compositor effects that 5.3 has
    "custom_mode",
    "frame_duration",
    "frame_end",
    "frame_start",
    "is_sequence",
    "physics_type",
    "sequence_mode",
    "type",
    "use_cyclic",
}
"""Asked for all the same: a version of Blender that lets them be animated is followed."""
ASKS = {"at", "is_off", "is_on", "may_be", "touches"}

NO_DECISION = {"name", "id_type"}
"""Text, and the kind of a data-block: never animated, though other structs have numbers of that name."""

# Reads that look like those of an animatable property, by module, and why the stored value is right.
_OURS = "no property of Blender's"
_KIND = "says what the thing is; it cannot be animated there"
_BAKE = "of a bake: Blender frees the bake when it changes"
_NOT_THERE = "other structs have one that can be animated, this one has not"
_CURVE = "of a driver itself, which nothing animates"
_ASKED = "read where the helper says that nothing animates it"
STORED = {
    "add_ons": {"bpy.context": _OURS, "curve.mute": _CURVE, "variable.type": _KIND},
    "blend_file": {"bpy.data.is_dirty": _OURS},
    "caches": {
        "bake.frame_start": _BAKE,
        "bake.node.mute": _NOT_THERE,
        "cache.frame_end": _BAKE,
        "cache.frame_start": _BAKE,
        "cache.frame_step": _BAKE,
        "cache.index": _BAKE,
        "cache.is_baked": _BAKE,
        "domain.has_cache_baked_data": _BAKE,
        "domain.has_cache_baked_mesh": _BAKE,
        "domain.has_cache_baked_noise": _BAKE,
        "domain.has_cache_baked_particles": _BAKE,
        "modifier.type": _KIND,
        "scene.frame_start": _NOT_THERE,
    },
    "compositor": {"node.format.file_format": _NOT_THERE},
    "compositors": {"node.mute": _NOT_THERE, "node.type": _KIND},
    "disk_space": {"context.settings.resolution": _OURS, "line.source": _OURS},
    "frame_users": {"view.use": _NOT_THERE},
    "images": {
        "image.source": _ASKED,
        "image.use_multiview": "to write a path",
        "image.views_format": "to write a path",
        "tile.number": "a tile's name",
    },
    "libraries": {"bpy.context": _OURS},
    "losses": {"loss.text": _OURS},
    "node_paths": {
        "before.node.type": _KIND,
        "link.from_node.type": _KIND,
        "link.to_node.type": _KIND,
        "link.to_socket.type": _KIND,
        "node.type": _KIND,
        "socket.enabled": "the node itself sets it by its kind",
        "socket.node.type": _KIND,
        "socket.type": _KIND,
    },
    "nodes": {
        "node.mute": _NOT_THERE,
        "socket.default_value": "a path, which is text",
        "socket.type": _KIND,
        "source.default_value": "a path, which is text",
        "source.node.type": _KIND,
    },
    "objects": {"modifier.type": _KIND},
    "path_lengths": {"line.source": _OURS},
    "portable_names": {"line.source": _OURS},
    "reference": {"bpy.context": _OURS},
    "references": {"bpy.context": _OURS},
    "scene_setup": {
        "block.type": _KIND,
        "context.request.camera": _OURS,
        "marker.camera": _NOT_THERE,
        "scene.camera": _NOT_THERE,
        "thing.type": _KIND,
    },
    "missing": {"bpy.context": _OURS},
    "scripts": {
        "curve.mute": _CURVE,
        "driver.type": _KIND,
        "text.use_module": "a script is not started by an animation",
    },
    "sequencer": {"strip.type": _KIND},
    "strips": {
        "clip.frame_duration": "the length of the files",
        "editor.channels": _OURS,
        "one.strip.scene.frame_start": _NOT_THERE,
        "owner.channels": _OURS,
        "owner.strips": _OURS,
        "scene.frame_end": _NOT_THERE,
        "scene.frame_start": _NOT_THERE,
        "strip.channel": _NOT_THERE,
        "strip.scene.frame_end": _NOT_THERE,
        "strip.scene.frame_start": _NOT_THERE,
        "strip.strobe": _ASKED,
        "strip.type": _KIND,
        "strip.use_reverse_frames": _ASKED,
    },
    "stubs": {"line.source": _OURS},
    "studio_lights": {"bpy.context": _OURS, "light.type": _KIND},
    "times": {"render.use_motion_blur": _NOT_THERE},
    "unusable": {"line.source": _OURS},
    "usage": {
        "constraint.type": _KIND,
        "each.type": _KIND,
        "node.mute": _NOT_THERE,
        "one.strip.type": _KIND,
        "scene.render.use_freestyle": _NOT_THERE,
    },
    "usd": {"moves.any": _OURS},
    "visibility": {
        "child.hide_render": _NOT_THERE,
        "each.type": _KIND,
        "field.type": _ASKED,
        "marker.camera": _NOT_THERE,
        "scene.camera": _NOT_THERE,
    },
}


ELSEWHERE = {
    "camera": ["Scene", "TimelineMarker"],
    "channel": ["Strip", "Sequence"],
    "file_format": ["ImageFormatSettings"],
    "frame_end": ["Scene"],
    "frame_start": ["Scene"],
    "hide_render": ["Collection"],
    "mute": ["Node", "ShaderNode", "CompositorNode", "GeometryNode"],
    "use": ["SceneRenderView"],
    "use_freestyle": ["RenderSettings"],
    "use_motion_blur": ["RenderSettings"],
}
"""For what is explained by _NOT_THERE, the structs that are meant."""


def reads() -> Iterator[tuple[str, str]]:
    """Module and expression of everything that is read and not called."""
    for file in [*(ROOT / "scene" / "scan").rglob("*.py"), *(ROOT / "scene" / "checks").rglob("*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree) if file.stem not in HELPER else ():
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and id(node) not in called:
                yield file.stem, ast.unparse(node)


def asked() -> Iterator[str]:
    """The properties that the helper is asked for by their names."""
    for file in (ROOT / "scene").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_asking = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKS
            if is_asking and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                yield str(node.args[1].value)


@pytest.fixture(scope="session")
def animatable(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    answer = tmp_path_factory.mktemp("animatable") / "answer.json"
    blender.run(Path(__file__).with_name("animatable.py"), str(answer))
    return dict(json.loads(answer.read_text()))


def test_no_animatable_property_is_judged_by_its_stored_value(animatable: dict[str, list[str]]) -> None:
    decide = animatable.keys() - NO_DECISION
    found = {(module, text) for module, text in reads() if text.rpartition(".")[2] in decide}
    known = {(module, text) for module, texts in STORED.items() for text in texts}
    assert sorted(found - known) == []


def test_no_explanation_is_left_over() -> None:
    known = {(module, text) for module, texts in STORED.items() for text in texts}
    assert sorted(known - set(reads())) == []


@pytest.mark.parametrize(("name", "structs"), ELSEWHERE.items())
def test_what_is_said_not_to_be_animatable_is_not(
    name: str, structs: list[str], animatable: dict[str, list[str]]
) -> None:
    assert sorted(set(structs) & set(animatable.get(name, ()))) == []


def test_every_property_that_the_helper_is_asked_for_exists(animatable: dict[str, list[str]]) -> None:
    assert len(set(asked())) > 20
    assert sorted(set(asked()) - animatable.keys() - FIXED) == []
