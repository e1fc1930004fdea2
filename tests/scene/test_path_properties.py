"""Every property by which a Blender names a file or folder is read by the scan, or there is a reason why not.

A new Blender that brings another one fails here: read it in scene/scan, or say why no render reads it.
"""

import ast
import json
from pathlib import Path

import pytest
from blenders_of_scenes import Blender, blender_of, versions

from cache import ROOT

READ = {
    "CacheFile.filepath",
    "CacheFileLayer.filepath",
    "Camera.custom_filepath",
    "FluidDomainSettings.cache_directory",
    "Image.filepath",
    "ImageStrip.directory",
    "Library.filepath",
    "MeshCacheModifier.filepath",
    "MovieClip.filepath",
    "MovieStrip.filepath",
    "MultiresModifier.filepath",
    "NodeSocketStringFilePath.default_value",
    "NodesModifier.bake_directory",
    "NodesModifierBake.directory",
    "OceanModifier.filepath",
    "PointCache.filepath",
    "PointCacheItem.filepath",
    "RenderSettings.filepath",
    "ShaderNodeScript.filepath",
    "ShaderNodeTexIES.filepath",
    "Sound.filepath",
    "StripElement.filename",
    "Text.filepath",
    "VectorFont.filepath",
    "Volume.filepath",
    # Until 4.5.
    "ImageSequence.directory",
    "MovieSequence.filepath",
    "SequenceElement.filename",
    # 5.3: with the color config.
    "BlendFileColorspace.ocio_config_path",
    "BlenderProject.root_path",
}

_WINDOWS = "of the windows"
_WRITTEN = "Blender writes there"
_PROXY = "proxies are for the preview; a render reads the files themselves"
_OTHER_NAME = "another property of the same file"
_ASSETS = "of the asset browser; what is used is appended or linked"
NOT_READ = {
    "AssetRepresentation.full_library_path": _ASSETS,
    "AssetRepresentation.full_path": _ASSETS,
    "AssetRepresentation.name": _ASSETS,
    "BakeSettings.filepath": _WRITTEN,
    "BlendData.filepath": "the open file",
    "BlendImportContextLibrary.filepath": "while something is appended or linked",
    "BlenderProject.ocio_config_path": "the same as that of the open file, when it is in use",
    "BlenderProject.splash_image_path": _WINDOWS,
    "Brush.icon_filepath": _WINDOWS,
    "CollectionExport.filepath": _WRITTEN,
    "CollectionImport.filepath": "read when an artist asks for it",
    "CompositorNodeOutputFile.base_path": _WRITTEN,
    "CompositorNodeOutputFile.directory": _WRITTEN,
    "CompositorNodeOutputFile.file_name": _WRITTEN,
    "DynamicPaintSurface.image_output_path": _WRITTEN,
    "Image.filepath_raw": _OTHER_NAME,
    "ImagePackedFile.filepath": "packed",
    "LibraryWeakReference.filepath": _ASSETS,
    "LibraryWeakReference.id_name": _ASSETS,
    "MovieClipProxy.directory": _PROXY,
    "NodeTreeInterfaceSocketStringFilePath.default_value": "a group's default; each use has a value of its own",
    "ProjectAssetLibrary.path": _ASSETS,
    "PropertyGroup.name": "of add-ons",
    "RenderEngine.temporary_directory": _WRITTEN,
    "HydraRenderEngine.temporary_directory": _WRITTEN,
    "SequenceEditor.proxy_dir": _PROXY,
    "SequenceProxy.directory": _PROXY,
    "SequenceProxy.filepath": _PROXY,
    "StripProxy.directory": _PROXY,
    "StripProxy.filepath": _PROXY,
    "StudioLight.path": "the check of studio lights names it",
    "TextureNodeOutput.filepath": "nothing reads it",
    "VolumeGrids.frame_filepath": _OTHER_NAME,
}
_OF_THE_PROGRAM = ("Preferences", "File", "UserAsset", "UserExtension", "ScriptDirectory", "PathCompare", "Theme")

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module", params=versions("4.2.23", "4.5.15", "5.0.1", "5.2.2", "5.3.0"))
def blender(request: pytest.FixtureRequest) -> Blender:
    return blender_of(request.param)


def test_every_path_of_blender_is_known(blender: Blender, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    blender.run(Path(__file__).with_name("path_properties.py"), str(answer))
    found = {name for name in json.loads(answer.read_text()) if not name.startswith(_OF_THE_PROGRAM)}
    assert len(found) > 40
    assert sorted(found - READ - NOT_READ.keys()) == []


def test_what_is_said_to_be_read_is_read() -> None:
    read = set()
    for file in (ROOT / "scene").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                read.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                read.add(node.value)
    assert sorted(name for name in READ if name.partition(".")[2] not in read) == []
