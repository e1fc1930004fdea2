"""Install a built zip into a private Blender profile, with Blender's own extension installer.

    install("blender command", zip, profile)        from any Python
    blender -b --python tools/zips/install_extension.py -- ZIP        what that starts: inside Blender or beside bpy

The profile is a folder for BLENDER_USER_RESOURCES; the user's own settings and extensions are never touched.
"""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

REPOSITORY = "user_default"


def install(command: list[str], file: Path, profile: Path) -> None:
    """Install and enable the zip in the profile; raises CalledProcessError with Blender's words in .stdout."""
    profile.mkdir(parents=True, exist_ok=True)
    started_as_python = Path(command[0]).name.startswith("python")
    call = [*command] if started_as_python else [*command, "-b", "--python-exit-code", "1", "--python"]
    subprocess.run(
        [*call, __file__, "--", str(file.resolve())],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(profile)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )


def install_here(file: str) -> None:
    """Inside Blender: install, enable, and remember it in the saved preferences."""
    import bpy

    with zipfile.ZipFile(file) as archive:
        module = f"bl_ext.{REPOSITORY}.{tomllib.loads(archive.read('blender_manifest.toml').decode())['id']}"
    bpy.ops.extensions.package_install_files(filepath=file, repo=REPOSITORY, enable_on_install=False)
    bpy.ops.preferences.addon_enable(module=module)
    if module not in bpy.context.preferences.addons:
        raise RuntimeError(f"{file} was installed, but Blender could not enable it")
    bpy.ops.wm.save_userpref()


if __name__ == "__main__":
    import bpy

    failed = False
    try:
        install_here(sys.argv[sys.argv.index("--") + 1])
    except Exception as problem:
        failed = True
        print(problem)
    sys.stdout.flush()
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    # With our classes registered, a regular exit of bpy 4.2 crashes and that of 4.5 hangs.
    os._exit(int(failed))
