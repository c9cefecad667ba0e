"""The list of components (SBOM, CycloneDX 1.6): every Python package and jar that is pinned, with its hashes.

``python -m infra.sbom`` (``make sbom``) writes dist/retail.cdx.json, for a scanner such as Trivy, Grype or Dependency-Track.
It is made from the locks, which are what is installed; two runs over the same locks write the same bytes.
"""

from __future__ import annotations

import json
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from infra.local.jars import FETCHED_BY, locked

ROOT = Path(__file__).resolve().parent.parent
TARGET = "dist/retail.cdx.json"
# What is run; the packages of dev.txt test and check only, and are marked so.
LOCKS = ("lakehouse", "airflow", "jre", "uv", "dev")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class WrongSbom(ValueError):
    """The list is no CycloneDX document; the message is the validator's."""


def sbom() -> str:
    """The document as JSON. Raises WrongSbom."""
    bom = Bom(components=[*_packages(), *_jars()])
    house = Component(
        name="retail-analytics-lakehouse",
        type=ComponentType.APPLICATION,
        bom_ref="retail-analytics-lakehouse",
    )
    bom.metadata.component = house
    bom.register_dependency(house, bom.components)
    bom.metadata.timestamp = None  # type: ignore[assignment]  # of the time when it was made nothing depends
    names = "\n".join(sorted(str(each.bom_ref.value) for each in bom.components))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, names)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        raise WrongSbom(str(fault))
    return text


def _packages() -> Iterator[Component]:
    """Packages of all locks, each version once; ``lock`` names the locks that hold it."""
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for lock in LOCKS:
        pin = ("", "")
        for line in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
            pinned = _PINNED.match(line)
            pin = (pinned[1].lower(), pinned[2]) if pinned else pin
            locks, hashes = found.setdefault(pin, (set(), set()))
            locks.add(lock)
            hashes.update(_HASH.findall(line))
    for (name, version), (locks, hashes) in sorted(found.items()):
        yield _component(PackageURL("pypi", name=name, version=version), hashes, locks)


def _jars() -> Iterator[Component]:
    for set_name in FETCHED_BY:
        digests = locked(set_name)
        tree = ET.parse(ROOT / "infra" / "local" / "jars" / f"{set_name}.xml")  # noqa: S314 - a file of ours
        for each in tree.iter("dependency"):
            given = each.attrib
            digest = digests[f"{given['name']}-{given['rev']}.jar"]
            url = PackageURL("maven", given["org"], given["name"], given["rev"])
            yield _component(url, {digest}, {f"jars/{set_name}"})


def _component(url: PackageURL, hashes: set[str], locks: set[str]) -> Component:
    # A package has a hash for each of its files; a component of CycloneDX has one of a kind, so only a jar tells it there.
    one = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in hashes if len(hashes) == 1]
    told = [Property(name="retail:lock", value=each) for each in sorted(locks)]
    told += [Property(name="retail:sha256", value=each) for each in sorted(hashes) if len(hashes) > 1]
    return Component(
        name=url.name,
        group=url.namespace,
        version=url.version,
        purl=url,
        bom_ref=f"{url}#{'+'.join(sorted(locks))}",
        type=ComponentType.LIBRARY,
        hashes=one,
        properties=told,
    )


def main() -> None:
    """Write the file and say how much it lists."""
    text, target = sbom(), ROOT / TARGET
    target.parent.mkdir(exist_ok=True)
    target.write_text(text + "\n", encoding="utf-8")
    count = len(json.loads(text)["components"])
    print(f"{TARGET}: {count} components")


if __name__ == "__main__":
    main()
