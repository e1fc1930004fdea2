"""Random project trees become closed packages: unpacked, every file is there under a name that any system takes."""

import itertools
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmhand.farm import plain_json
from farmhand.jobs.folder.manifest import Entry
from farmhand.jobs.folder.zip_stream import ZipStream
from farmhand.scene.package_layout import PackageLayout, clean, drive_of, keeps_name


@dataclass(frozen=True)
class Thing:
    """What the scan would have found."""

    kind: str
    path: str
    files: tuple[str, ...]
    missing: tuple[str, ...] = ()
    beside: str = ""
    owner: str = "somebody"
    reason: str = "a test"


NAMES = st.one_of(
    st.sampled_from(
        [
            "tex",
            "Tex",
            "TEX",
            "aux",
            "con.png",
            "a b",
            "end.",
            "é",
            "e\u0301",
            "ß",
            "SS",
            "質感",
            "x" * 130,
            "a:b",
            "q?",
        ]
    ),
    st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=12),
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 200)
FOLDERS = st.lists(NAMES | st.just(".."), max_size=4)
FILES = st.lists(
    st.tuples(FOLDERS, NAMES, st.sampled_from(["file", "twin", "link", "folder", "linked folder"])),
    min_size=1,
    max_size=8,
)


@given(FILES)
@settings(max_examples=40, deadline=None)
def test_every_tree_packs_to_a_closed_package(tree: list[tuple[list[str], str, str]]) -> None:
    packs_closed(tree)


@pytest.mark.soak
@given(FILES)
@settings(max_examples=200, deadline=None)
def test_two_hundred_trees_pack_to_closed_packages(tree: list[tuple[list[str], str, str]]) -> None:
    packs_closed(tree)


def deep_folder(folder: str) -> Path:
    """So deep that a tree whose paths climb with ".." stays inside."""
    deep = Path(folder, *"12345", "project")
    deep.mkdir(parents=True)
    return deep


def packs_closed(tree: list[tuple[list[str], str, str]]) -> None:
    """Every file of the tree is in the unpacked package, under the name that the scene is told."""
    with TemporaryDirectory() as folder:
        root = deep_folder(folder)
        things = made(root, tree)
        places = PackageLayout("scene.blend", str(root / "scene.blend"), things)
        target = unpacked(Path(folder), places)
        for thing in things:
            for file in map(Path, thing.files):
                place = target / places.of[thing.path] / file.relative_to(thing.path)
                assert file.read_bytes() == place.read_bytes()
            if thing.kind == "fluid cache":
                assert strangers(thing, places) == []


@given(FILES)
@settings(max_examples=50, deadline=None)
def test_no_two_names_are_the_same_to_a_system_that_ignores_case(tree: list[tuple[list[str], str, str]]) -> None:
    with TemporaryDirectory() as folder:
        places = PackageLayout("scene.blend", "", made(deep_folder(folder), tree))
        names = [name.casefold() for name in places.files]
        assert len(set(names)) == len(names)


@given(NAMES)
def test_a_clean_name_can_be_unpacked_anywhere(name: str) -> None:
    assert not re.search(r'[<>:"|?*\\/\x00-\x1f]|[. ]$', clean(name))
    assert len(clean(name).encode()) <= 200
    assert plain_json.name(clean(name)) == clean(name)  # or a farm would refuse it


def test_a_file_in_the_way_of_a_folder_is_no_dead_end() -> None:
    with TemporaryDirectory() as folder:
        tree = [([], "tex", "file"), (["Tex", "deep"], "wood.png", "file"), (["TEX"], "stone.png", "file")]
        places = PackageLayout("scene.blend", "", made(Path(folder), tree))
        assert len({name.casefold() for name in places.files}) == 3


def test_folders_that_only_some_systems_tell_apart_stay_apart() -> None:
    for one, other in (("Cache", "cache"), ("é", "e\u0301")):
        things = [Thing("fluid cache", f"/p/{name}", (f"/p/{name}/data_{name}.vdb",)) for name in (one, other)]
        places = PackageLayout("scene.blend", "/p/scene.blend", things)
        assert len({place.rpartition("/")[0].casefold() for place in places.files}) == 2


def test_digits_and_tokens_of_a_sequence_stay() -> None:
    assert clean("pla:te_0007.png") == "pla_te_0007.png"
    assert clean("skin.<UDIM>.png") == "skin.<UDIM>.png"


def test_hidden_letters_of_a_name_are_replaced() -> None:
    assert clean("a\u200fb\xadc\x9b.png") == "a_b_c_.png"
    assert clean("می\u200cروم.png") == "می\u200cروم.png"


def test_what_keeps_its_names_and_what_does_not() -> None:
    things = [
        Thing("image", path, (path,)) for path in ("/p/t/Wood.png", "/p/t/wood.png", "/p/aux/w.png", "/p/b./w.png")
    ]
    places = PackageLayout("scene.blend", "/p/scene.blend", things)
    kept = sorted(source for place, source in places.files.items() if keeps_name(place, source))
    assert kept == ["/p/t/Wood.png"]
    assert keeps_name(places.main, "/p/scene.blend")


def made(root: Path, tree: list[tuple[list[str], str, str]]) -> list[Thing]:
    """Files, twins with the same content, links to earlier files, and folders that are taken whole."""
    things: dict[str, Thing] = {}
    earlier: list[Path] = []
    number = itertools.count()
    for folders, name, kind in tree:
        path = Path(os.path.normpath(root.joinpath(*folders, name)))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() or path.is_symlink():
                continue
            if kind == "folder":
                path.mkdir()
                files = [path / "data_0001.vdb", path / "deeper" / "meta.json"]
                files[1].parent.mkdir()
                for file in files:
                    file.write_bytes(b"%d" % next(number))
                things[str(path)] = Thing("fluid cache", str(path), tuple(str(file) for file in files))
                continue
            if kind == "linked folder" and earlier:
                path.symlink_to(earlier[-1].parent)
                path = path / earlier[-1].name
            elif kind == "link" and earlier:
                path.symlink_to(earlier[-1])
            else:
                path.write_bytes(b"same" if kind == "twin" else b"%d" % next(number))
                earlier.append(path)
        except OSError:
            continue
        things[str(path)] = Thing("image", str(path), (str(path),))
    return list(things.values())


def strangers(cache: Thing, places: PackageLayout) -> list[str]:
    """Files from elsewhere that lie in a cache's folder once a system that ignores case has unpacked it."""
    folder = places.of[cache.path].casefold() + "/"
    return [
        source
        for place, source in places.files.items()
        if place.casefold().startswith(folder) and not source.startswith(cache.path + "/")
    ]


def unpacked(folder: Path, places: PackageLayout) -> Path:
    entries = []
    for place, source in sorted(places.files.items()):
        status = Path(source).stat()
        entries.append(Entry(place, source, status.st_size, status.st_mtime_ns, "", "", ""))
    target = folder / "bare"
    target.mkdir()
    archive = folder / "package.zip"
    archive.write_bytes(b"".join(ZipStream("x.zip", folder, entries).chunks()))
    with zipfile.ZipFile(archive) as package:
        package.extractall(target)
    return target


@pytest.mark.skipif(os.name != "nt", reason="Windows alone has drives and devices")
def test_windows_drives_and_devices_have_places() -> None:
    files = [r"C:\show\aux\wood.png", r"c:\show\tex\stone.png", r"C:\show\end.\a.png", r"C:\show\aux\con.png"]
    places = PackageLayout("scene.blend", r"C:\show\scene.blend", [Thing("image", file, (file,)) for file in files])
    assert sorted(places.files.values()) == sorted(files)
    assert all(re.fullmatch(r"files/[^/]+/[a-z_~0-9]+\.png", place) for place in places.files), places.files
    assert len({place.split("/")[1] for place in places.files}) == 3
    assert drive_of("c:/show/a.png") == drive_of(files[0]) == "C:"
