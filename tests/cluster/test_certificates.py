"""The farm's certificates, judged by the openssl program and by the strictest context of Python."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from farmhand.farm.cluster.certificates import Authority
from farmhand.farm.cluster.own_node import key_file

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl program")
STRICT = 0x20
"""X509_V_FLAG_X509_STRICT, which Python 3.13 sets by default."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "nodes")
    (tmp_path / "node.pem").write_text(made.issue("abcd1234"))
    return made


def openssl(*words: object) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def verify(authority: Authority, pem: Path, purpose: str) -> str:
    return openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority.certificate, pem)


def test_openssl_takes_each_certificate_for_its_own_use_and_for_no_other(authority: Authority, tmp_path: Path) -> None:
    assert verify(authority, authority.own, "sslserver").endswith(": OK\n")
    assert verify(authority, tmp_path / "node.pem", "sslclient").endswith(": OK\n")
    assert "unsuitable certificate purpose" in verify(authority, tmp_path / "node.pem", "sslserver")
    assert "unsuitable certificate purpose" in verify(authority, authority.own, "sslclient")


def test_a_node_cannot_sign_certificates(authority: Authority, tmp_path: Path) -> None:
    request, forged = tmp_path / "request.pem", tmp_path / "forged.pem"
    node = tmp_path / "node.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "other.key"]
    openssl("req", "-new", *key, "-subj", "/CN=farm", "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", node, "-CAkey", node, "-CAcreateserial", "-out", forged)
    assert forged.read_text().startswith("-----BEGIN CERTIFICATE")
    both = ["-untrusted", node, "-CAfile", authority.certificate, forged]
    assert "OK" not in openssl("verify", *both)


def test_the_certificate_says_whose_key_it_is(authority: Authority, tmp_path: Path) -> None:
    assert "CN = abcd1234" in openssl("x509", "-in", tmp_path / "node.pem", "-noout", "-subject")
    text = openssl("x509", "-in", authority.certificate, "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in text
    assert "Certificate Sign" in text


def test_the_strictest_python_shakes_hands_with_them(authority: Authority, tmp_path: Path) -> None:
    client = ssl.create_default_context(cafile=str(authority.certificate))
    client.verify_flags |= STRICT
    client.check_hostname = False
    client.load_cert_chain(tmp_path / "node.pem")
    server = authority.context()
    server.verify_flags |= STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)]
    waiting = list(ends)
    for _ in range(6):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not waiting
    subject = dict(pair[0] for pair in ends[1].getpeercert()["subject"])
    assert subject == {"commonName": "abcd1234"}


def test_a_key_of_the_farms_own_is_made_anew_once_it_is_revoked(tmp_path: Path) -> None:
    authority, place = Authority(tmp_path / "nodes"), tmp_path / "dask-cluster.pem"
    ids, valid = iter(["aaaa1111", "bbbb2222", "cccc3333"]), {"aaaa1111", "bbbb2222"}

    def key() -> str:
        return key_file(place, authority, lambda name: next(ids), "Dask cluster", valid.__contains__).read_text()

    first = key()
    assert key() == first
    valid.remove("aaaa1111")
    second = key()
    assert second != first
    assert key() == second
    assert "bbbb2222" in openssl("x509", "-noout", "-subject", "-in", place)


@pytest.mark.parametrize("damage", ["", "-----BEGIN CERTIFICATE-----\nMIIB", "x"])
def test_a_key_of_the_farms_own_is_made_anew_when_a_power_cut_has_damaged_it(tmp_path: Path, damage: str) -> None:
    authority, place = Authority(tmp_path / "nodes"), tmp_path / "own-node.pem"
    place.write_text(damage)
    text = key_file(place, authority, lambda name: "aaaa1111", "PC", lambda key_id: key_id == "aaaa1111").read_text()
    assert "PRIVATE KEY" in text
    moved = Authority(tmp_path / "another")
    assert key_file(place, moved, lambda name: "bbbb2222", "PC", lambda _: True).read_text() != text, "another farm's"


@pytest.mark.parametrize("name", ["farm.pem", "authority.pem", "authority.key"])
def test_what_a_power_cut_has_emptied_is_made_anew(tmp_path: Path, name: str) -> None:
    before = Authority(tmp_path / "nodes")
    key = before.issue("abcd1234")
    (tmp_path / "nodes" / name).write_text("")
    after = Authority(tmp_path / "nodes")
    after.context()
    after.issue("abcd1234")
    assert key.endswith(after.certificate.read_text()) == (name == "farm.pem"), "keys of nodes stay valid if they can"
