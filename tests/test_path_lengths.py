"""What our own folders add to the paths of a project: Windows takes 259 characters in all."""

import sys
import zipfile
from pathlib import Path, PureWindowsPath

import pytest

from farmhand.courier.servers import local_farm
from farmhand.farm.render.blender.process_folder import ProcessFolder
from farmhand.farm.render.packages.unpack import BadPackage, unpack
from farmhand.jobs.folder import path_limits
from farmhand.jobs.user_folder import UserFolder

LEFT_FOR_A_PROJECT = 150
A_USER = PureWindowsPath(r"C:\Users\Firstname.Lastname\AppData\Local\farmhand")
DEEP = r"files\assets\quixel\megascans\surfaces\rock\rough_granite_wall_vlkhcbxia\8k\textures\T_vlkhcbxia_8K_Albedo.jpg"


def test_the_farm_leaves_room_for_the_folders_of_a_project() -> None:
    below = path_limits.longest_folder(Path("farms"))
    whole = A_USER / below / DEEP
    assert 259 - len(str(A_USER / below)) - 1 >= LEFT_FOR_A_PROJECT
    assert len(str(whole)) <= 259


def test_the_folders_of_a_farm_are_as_short_as_the_check_believes() -> None:
    home = UserFolder(Path("home"))
    farm = local_farm.folder(home, ("blender",))
    of_a_job = farm / path_limits.WORK / path_limits.work_name("f" * 36) / path_limits.PACKAGE
    of_a_process = ProcessFolder(farm / path_limits.WORK / "b" / f"{2**22}-9999").package
    longest = path_limits.length(path_limits.longest_folder(home.farms))
    assert max(path_limits.length(of_a_job), path_limits.length(of_a_process)) <= longest


def test_the_check_finds_what_would_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_limits, "LONGEST", 259)
    folder = Path("C:/Users/Firstname.Lastname/AppData/Local/farmhand/farms/ffffffffffff/w/b/~~~~~~~~~~~~/p")
    places = ["scene.blend", f"files/{'x' * 100}.png", f"files/{'y' * 180}.png"]
    assert path_limits.too_long(folder, places) == places[2:]


def test_a_path_that_would_be_too_long_is_said_and_what_to_do(
    zipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_limits, "LONGEST", len(str(tmp_path)) + 40)
    with pytest.raises(BadPackage, match=r"would be too long on this farm.*--data folder"):
        unpack(zipped, tmp_path / "out", 1000)


@pytest.mark.skipif(sys.platform != "win32", reason="other systems know no devices by name")
def test_a_name_of_a_device_is_not_lost_silently(tmp_path: Path) -> None:
    with pytest.raises(BadPackage, match="name of a device"):
        unpack(zip_of(tmp_path, "scene.blend", "files/aux.png"), tmp_path / "out", 1000)


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    return zip_of(tmp_path, "scene.blend", "files/a folder with a long name/another folder/texture.png")


def zip_of(folder: Path, *names: str) -> Path:
    with zipfile.ZipFile(folder / "package.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"data")
    return folder / "package.zip"
