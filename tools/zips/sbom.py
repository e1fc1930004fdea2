"""The bill of materials of a release (CycloneDX): every wheel that a zip bundles, with its license and its hash."""

import email
import hashlib
import uuid
import zipfile
from collections.abc import Iterable
from email.message import Message
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL


def write(file: Path, name: str, version: str, wheels: Iterable[Path]) -> None:
    """Write the bill. Raises ValueError where it is not a valid one."""
    bom = Bom(components=[_component(wheel) for wheel in wheels])
    license_ = LicenseExpression("GPL-3.0-or-later")
    bom.metadata.component = Component(
        name=name, version=version, type=ComponentType.APPLICATION, bom_ref=name, licenses=[license_]
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    hashes = sorted(str(hash_) for component in bom.components for hash_ in component.hashes)
    # Else it would be another file each time.
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {version} {hashes}")
    bom.metadata.timestamp = None  # type: ignore[assignment]
    text = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise ValueError(f"The bill of materials is not valid: {problem}")
    file.write_text(text, encoding="utf-8")


def _component(wheel: Path) -> Component:
    told = _metadata(wheel)
    name, version = str(told["Name"]), str(told["Version"])
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=wheel.name,
        description=told["Summary"],
        licenses=_licenses(told),
        purl=PackageURL("pypi", None, name.lower().replace("_", "-"), version, {"file_name": wheel.name}),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(wheel.read_bytes()).hexdigest())],
    )


def _licenses(told: Message) -> list[LicenseExpression | DisjunctiveLicense]:
    """Newer packages give an expression, older ones a name, or a classifier alone."""
    if told["License-Expression"]:
        return [LicenseExpression(told["License-Expression"])]
    lines = told.get_all("Classifier", [])
    classifiers = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License ::")]
    named = [told["License"]] if told["License"] and len(told["License"]) < 60 else classifiers
    return [DisjunctiveLicense(name=name) for name in named]


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))
