"""Hostile inputs by area, each with the code of ours that has to handle it: for docs/security.md and its test.

`handle` of an input returns how it was handled: "refused" or "harmless". Anything else, an exception for one, is a
finding. Scenes and connections need a real Blender and a real socket: they are in tests/farm/.
"""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import json
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hostile_answers
import hostile_names
import hostile_pictures
import hostile_workers

from farmhand.client import error_words, frame_ranges, plain_text
from farmhand.client.errors import BadDelivery, Malformed
from farmhand.client.network import link_targets
from farmhand.client.webhooks import verify
from farmhand.courier.images import inspector
from farmhand.farm import plain_json
from farmhand.farm.api import bodies
from farmhand.farm.errors import ApiError
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.objects import is_key
from farmhand.farm.objects.storage import Storage
from farmhand.farm.render.packages.unpack import BadPackage, unpack

SECONDS = 5.0
"""No input may take longer, on a busy machine."""
MIB = 1024 * 1024
UNPACK_LIMIT = 4 * MIB


@dataclass(frozen=True)
class HostileInput:
    area: str
    name: str
    handle: Callable[[Path], str]


def every_input() -> Iterator[HostileInput]:
    yield from _names()
    yield from _keys()
    yield from _links()
    yield from _targets()
    yield from _zips()
    yield from _bodies()
    yield from _ranges()
    yield from _answers()
    yield from _services()
    yield from _words()
    yield from _pictures()
    yield from _webhooks()


_PARTS = [
    "..", "../x", "a/../../x", "/etc/passwd", "\\\\host\\share\\x", "C:\\x", "C:/x", "a:b", "a\0b", "a\nb", "a\x1bb",
    "a\x7fb", "a\x9bb", "a\u202eb", "a\u2028b", "a\u2066b", "con", "con.png", "aux.", "nul ", "com1.png", "lpt9", "prn",
    "a.", "a ", "a?", "a*", "a<b", "a|b", 'a"b', "x" * 300, "\udc80", "", ".", "//", "a//../..", "~", "..\\..\\x",
    "....", "CONIN$", "COM\u00b9.png",
]  # fmt: skip
_HIDDEN = ["a\x85b", "a\xadb", "a\u061cb", "a\u200bb", "a\u200eb", "a\u200fb", "a\ufeffb", "a\u3164b", "a\U000e0041b"]


def _names() -> Iterator[HostileInput]:
    """Names of files that a service gives."""
    for before, part, after in itertools.product(("", "frames/", "a/b/"), _PARTS + _HIDDEN, ("", "/x.png", ".png")):
        name = f"{before}{part}{after}"
        yield HostileInput("names from a service", ascii(name), functools.partial(hostile_names.saved, name=name))
    for name, output in hostile_names.outputs():
        yield HostileInput("names from a service", name, functools.partial(hostile_names.planned, output=output))


def _keys() -> Iterator[HostileInput]:
    for before, part in itertools.product(("", "uploads/", "jobs/a/"), _PARTS):
        key = f"{before}{part}"

        def handle(folder: Path, key: str = key) -> str:
            objects = FolderObjects(folder)
            if not is_key(key):
                return "refused"
            assert objects.path(key).resolve().is_relative_to(folder.resolve())
            return "harmless"

        yield HostileInput("storage keys", ascii(key), handle)


def _links() -> Iterator[HostileInput]:
    storage = Storage(FolderObjects(Path("/nowhere")), b"secret")
    end = str(int(time.time()) + 3600)
    good = storage.link("", "uploads/a.blend", "PUT", int(end)).rpartition("signature=")[2]
    for at in range(len(good)):
        changed = good[:at] + ("0" if good[at] != "0" else "1") + good[at + 1 :]
        yield HostileInput(
            "signed links",
            f"digit {at} changed",
            lambda _, s=changed: _denied(storage, "uploads/a.blend", "PUT", end, s),
        )
    for expires in ("", "0", "-1", "1e9", "٣", "9" * 40, " " + end, end + " ", "0x10", "+" + end, str(int(end) + 1)):
        yield HostileInput(
            "signed links",
            f"expires {expires!a}",
            lambda _, e=expires: _denied(storage, "uploads/a.blend", "PUT", e, good),
        )
    for key, method in (("uploads/b.blend", "PUT"), ("uploads/a.blend", "GET"), ("uploads/a.blend", "put")):
        yield HostileInput(
            "signed links", f"{method} {key}", lambda _, k=key, m=method: _denied(storage, k, m, end, good)
        )


def _denied(storage: Storage, key: str, method: str, expires: str, signature: str) -> str:
    assert not storage.allows(key, method, expires, signature)
    return "refused"


_NEAR = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1%2", "224.0.0.1",
    "::ffff:169.254.169.254", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "fd00:ec2::254", "fc00::1",
    "::ffff:192.168.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.254", "198.18.0.1", "168.63.129.16",
    "192.0.0.192", "0.1.2.3", "240.0.0.1", "::127.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b::a00:1", "64:ff9b:1::a00:1", "64:ff9b:1:fffe::c0a8:1", "64:ff9b:1:a00:0:100::", "64:ff9b:1:0:a:0:100:0",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "2002:a00:1::1", "2001:0:5db8:d822::f5ff:fffe", "2001:0:a00:1::a247:27dd",
)  # fmt: skip


def _targets() -> Iterator[HostileInput]:
    """The other ends of connections that links of a service elsewhere lead to."""
    for address, service in itertools.product(_NEAR, ("93.184.216.34", "[2001:4860:4860::8888]")):

        def handle(_: Path, address: str = address, service: str = service) -> str:
            try:
                link_targets.check(address, f"https://{service}/api")
            except Malformed:
                return "refused"
            raise AssertionError(address)

        yield HostileInput("targets of links", f"{address} by {service}", handle)


def _zips() -> Iterator[HostileInput]:
    for before, part, after in itertools.product(("", "t/"), (*_PARTS, *_HIDDEN), ("", "/x.png")):
        name = f"{before}{part}{after}".encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield HostileInput("zips", f"entry {ascii(name)[:60]}", lambda folder, n=name: _unpacked(folder, _zip(n)))
    whole = _zip("t/a.bin", bytes(range(256)) * 20)
    packed = _zip("t/a.bin", bytes(range(256)) * 20, zipfile.ZIP_BZIP2)
    randomly = random.Random(1)
    for number in range(250):
        damaged = bytearray(whole if number < 150 else packed)
        for _ in range(randomly.randint(1, 12)):
            damaged[randomly.randrange(len(damaged))] = randomly.randrange(256)
        yield HostileInput("zips", f"damaged {number}", lambda folder, d=bytes(damaged): _unpacked(folder, d))
    for share in range(0, 100, 5):
        cut = whole[: len(whole) * share // 100]
        yield HostileInput("zips", f"cut to {share} %", lambda folder, d=cut: _unpacked(folder, d))
    yield HostileInput("zips", "bomb", lambda folder: _unpacked(folder, _zip("t/a.bin", bytes(2 * UNPACK_LIMIT))))


def _zip(name: str, content: bytes = b"x", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("scene.blend", b"x")
        entry = zipfile.ZipInfo("x")
        entry.filename, entry.compress_type = name, method
        archive.writestr(entry, content)
    return target.getvalue()


def _unpacked(folder: Path, data: bytes) -> str:
    archive, target = folder / "in.zip", folder / "out"
    archive.write_bytes(data)
    try:
        unpack(archive, target, UNPACK_LIMIT)
    except BadPackage:
        return "refused"
    found = [path for path in folder.rglob("*") if path not in (archive, target)]
    assert all(path.is_relative_to(target) and not path.is_symlink() for path in found)
    assert all(plain_json.name(path.name) == path.name for path in found)
    return "harmless"


def _bodies() -> Iterator[HostileInput]:
    cases = [
        *(b"[" * depth + b"]" * depth for depth in (65, 100, 1000, 100_000)),
        *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (65, 1000, 100_000)),
        b'"' + b'\\"' * 400_000, b"[" * 900_000, b'"' * 900_000, b"\\" * 900_000, b"x" * (bodies.MAX_BYTES + 1),
        *(f'{{"x": {value}}}'.encode() for value in ("NaN", "Infinity", '"\\ud800"', '["\\udfff"]', "1e999")),
        b'{"\\ud800": 1}', b"\xff\xfe", b"\0" * 1000, b'{"\xed\xa0\x80": 1}',
        *(('["\u0122",' + "[" * depth + "]" * depth + "]").encode(encoding)
          for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be") for depth in (65, 3000)),
    ]  # fmt: skip
    for number, body in enumerate(cases):
        yield HostileInput("bodies of calls", f"{number}: {body[:20]!r}", lambda _, b=body: asyncio.run(_gated(b)))


async def _gated(body: bytes) -> str:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        again = await bodies.bounded(receive)
    except ApiError as error:
        assert error.status in (400, 408, 413)
        return "refused"
    assert (await again())["body"] == body
    return "harmless"


def _ranges() -> Iterator[HostileInput]:
    for case in (
        ["1-1000000"] * 100_000, ["0-999999"] * 2, ["1-9999999"], ["-9999999-9999999"], ["1-2x0"], ["5-1"], ["1e9"],
        ["٣"], ["1" * 5000], [" " * 100_000 + "x"], ["-" * 10_000], ["1-2-3"], ["NaN"], [""], ["1,2"], ["1\n2"],
        ["1-1000000x1"] * 3, ["1:2"], ["--1"], ["0x10"],
    ):  # fmt: skip
        yield HostileInput("frame ranges", ascii(case[0])[:40] + f" × {len(case)}", lambda _, c=case: _parsed(c))


def _parsed(ranges: list[str]) -> str:
    try:
        found = frame_ranges.parse_all(ranges)
    except ValueError:
        return "refused"
    assert len(found) <= frame_ranges.MAX_FRAMES
    return "harmless"


def _answers() -> Iterator[HostileInput]:
    """What a worker says that a scene has taken over."""
    for name, handle in hostile_workers.answers(_PARTS):
        yield HostileInput("answers of workers", name, lambda _, h=handle: h())


def _services() -> Iterator[HostileInput]:
    """Answers of a render service."""
    for name, told in hostile_answers.told():
        yield HostileInput("answers of a service", name, lambda _, t=told: hostile_answers.handle_told(t()))
    for name, told in hostile_answers.lists():
        yield HostileInput("answers of a service", name, lambda _, t=told: hostile_answers.handle_list(t()))


def _words() -> Iterator[HostileInput]:
    """Words of a service on their way to a terminal, the journal, a panel."""
    for number in [*range(32), *range(0x7F, 0xA0), *range(0x200E, 0x2010), *range(0x2028, 0x202F), 0xFEFF, 0xDC80]:
        yield HostileInput("words of a service", f"U+{number:04X}", lambda _, n=number: _shown(f"a{chr(n)}[2Jb"))
    yield HostileInput("words of a service", "50 MB", lambda _: _shown("word " * 10**7))
    for piece in ("<h1>", "<h1 ", "</h1 ", "<!--", "<script>", "<?x ", "<title><", "&#1;", "x", "?a=", "https://"):
        body = f"<{piece * 16384}".encode()
        yield HostileInput("words of a service", f"error of {piece!r}", lambda _, b=body: _quoted(b))
    for number in ("&#" + "9" * 5000, "&#x" + "f" * 5000):
        yield HostileInput("words of a service", f"error {number[:4]}…", lambda _, n=number: _quoted(n.encode()))


def _quoted(body: bytes) -> str:
    words = error_words.words_of(body)
    assert words.isprintable() and len(words) <= error_words.MAX_WORDS
    return "harmless"


def _shown(words: str) -> str:
    shown = plain_text.tidy(words)
    assert shown.isprintable() and len(shown) <= plain_text.MAX_WORDS
    start = words[:1000]
    assert plain_text.printable(start).replace("\n", "").replace("\t", "").isprintable()
    quoted = plain_text.escaped(json.dumps(start, ensure_ascii=False))
    assert quoted.isprintable() and json.loads(quoted) == start
    return "harmless"


def _pictures() -> Iterator[HostileInput]:
    for name, data in itertools.chain(hostile_pictures.pictures(), hostile_pictures.large_pictures()):
        yield HostileInput("pictures", name, lambda folder, d=data: _looked_at(folder, d))


def _looked_at(folder: Path, data: bytes) -> str:
    path = folder / "picture"
    path.write_bytes(data)
    try:
        inspector.inspect(path)
        inspector.sample(path)
    except ValueError:
        return "refused"
    return "harmless"


def _webhooks() -> Iterator[HostileInput]:
    body = b'{"event":"onRenderComplete","jobId":"a"}'
    for number, headers in enumerate(
        (
            {}, {"X-Renderjuice-Timestamp": "x"}, {"X-Renderjuice-Signature": "00" * 32},
            *({"X-Renderjuice-Timestamp": t, "X-Renderjuice-Signature": s}
              for t in ("", "0", "-1", "9" * 30, "٣", "1e9", "9" * 5000, str(int(time.time())))
              for s in ("", "00" * 32, "zz" * 32, "0" * 10**5, "sha256=" + "00" * 32, "A" * 43 + "=", "\ud800", "aa")),
        )
    ):  # fmt: skip
        yield HostileInput("webhooks", f"headers {number}", lambda _, h=headers: _delivered(h, body))


def _delivered(headers: dict[str, str], body: bytes) -> str:
    try:
        verify("secret", headers, body)
    except BadDelivery:
        return "refused"
    raise AssertionError("taken")
