"""What Blender prints while it opens a file: which lines mean a loss, in the forms of each version."""

import json
import time

import pytest

from farmhand.jobs import text
from farmhand.jobs.process.blender_log import COLOR, ENGINE, OTHER, losses

MIB = 1024 * 1024
BEFORE_5 = """Read blend: "/p/shot.blend"
Error: Engine 'SHINY' not available for scene 'Shot 1' (an add-on may need to be installed or enabled)
Color management: scene view "Show Look" not found, setting default "Standard".
Info: Read library: '/p/lib.blend', '//lib.blend', parent '<direct>'
Warning: Unable to open '/p/lib.blend': No such file or directory
Info: LIB: Object: 'Cube' missing from '/p/lib.blend', parent '<direct>'
Warning: 1 libraries and 2 linked data-blocks are missing (including 0 ObjectData), please check the Info
Warning: File written by newer Blender binary (405.92), expect loss of data!
WARN (bke.modifier): source/blender/modifier.cc:425 BKE_modifier_set_error: Object: "Cube", Modifier: "x", no output
"""
SINCE_5 = """00:00.248  blend            | Read blend: "/p/shot.blend"
00:00.253  reports          | ERROR Engine 'SHINY' not available for scene 'Shot 1' (an add-on may need to be installed)
00:00.265  color_management | WARNING scene view "Show Look" not found, setting to "Standard".
00:00.265  color_management | WARNING scene view "Show Look" not found, setting to "Standard".
Info: Read library: '/p/lib.blend', '//lib.blend', parent '<direct>'
00:00.266  object.modifier  | WARNING Object: "Cube", Modifier: "x", no output
"""


def test_losses_are_read_in_the_forms_of_each_blender() -> None:
    for log in (BEFORE_5, SINCE_5):
        found = losses(log)
        assert [loss.kind for loss in found] == [ENGINE, COLOR, OTHER]
        assert (found[0].name, found[0].scene) == ("SHINY", "Shot 1")
        assert found[2].text == 'Object: "Cube", Modifier: "x", no output'


def test_a_quiet_start_is_no_loss() -> None:
    assert losses('Read blend: "/p/shot.blend"\nInfo: Saved "shot.blend"\nFra:1 Mem:10M | Error in nothing\n') == ()


def test_a_linked_id_that_uses_a_local_one_is_no_loss() -> None:
    assert losses("Error: Linked id 'OBBob's' from '/p/bob's.blend' uses local ID 'MAred', lost\n") == ()


@pytest.mark.parametrize(
    "beginning", ["Error: ", "Error: Engine 'a", "WARN (a): a", "00:00.000 a", "Color management: a"]
)
@pytest.mark.parametrize(
    "unit",
    ["Linked id 'x' from '", "' not available for scene '", "' (", " not found", ":1", " ", "\t|", "Error: a\n", "LIB"],
)
def test_no_line_takes_long_to_read(beginning: str, unit: str) -> None:
    log = beginning + unit * (MIB // len(unit))
    began = time.process_time()
    assert len(losses(log)) <= 1000
    assert len(losses("\n".join(log[: 4000 - len(unit)] for _ in range(100)))) <= 1000
    assert time.process_time() - began < 2


def test_a_name_that_is_not_utf_8_is_written_and_shown() -> None:
    odd = "caf\udce9.png"
    assert json.loads(text.to_json({"path": odd}).encode())["path"] == odd
    assert text.to_json({"path": "café"}) == '{"path": "café"}'
    assert (text.as_unicode(odd), text.as_unicode("café")) == ("caf\ufffd.png", "café")


CODE = "blender_reports"
"""The finding that these lines make."""
