"""Terraform: every folder can be planned, and passes its own tests and checkov; what it repeats of the house is the house's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.contracts import contract_names, load_contract
from lakehouse.settings import Settings
from orchestration.plan import CHECK, MEDALLION

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "infra" / "terraform"
MODULES = sorted(path.parent for path in TERRAFORM.glob("modules/*/versions.tf"))
ENVIRONMENTS = sorted(path.parent for path in TERRAFORM.glob("environments/*/versions.tf"))
# Validates, plans and tests a folder against the providers' real schemas, without an account.
OFFLINE_CHECK = ROOT.parent / "shared" / "tools" / "terraform_check" / "check.sh"
CHECKOV = "3.3.0"
MAIN = (TERRAFORM / "modules" / "lakehouse" / "main.tf").read_text(encoding="utf-8")


def folder_name(folder: Path) -> str:
    return folder.relative_to(TERRAFORM).as_posix()


@pytest.mark.long
@pytest.mark.timeout(1800)  # its first call builds the checker
@pytest.mark.parametrize("folder", [*MODULES, *ENVIRONMENTS], ids=folder_name)
def test_every_module_and_environment_can_be_planned_and_passes_its_tests(
    folder: Path, tmp_path: Path
) -> None:
    if not OFFLINE_CHECK.exists():
        pytest.skip("the offline check is not beside this checkout; `tofu test` in the folder does the same")
    aside = {
        **os.environ,
        "TF_DATA_DIR": str(tmp_path),
        "TF_CLI_ARGS_test": "-no-color",
    }  # .terraform: not here
    seen = subprocess.run(
        [str(OFFLINE_CHECK), str(folder)], capture_output=True, text=True, check=False, env=aside
    )
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert re.search(r"Success! [1-9]\d* passed, 0 failed", seen.stdout), seen.stdout


@pytest.mark.long
@pytest.mark.timeout(900)
def test_checkov_finds_nothing() -> None:
    """It comes from the package index into an environment of its own, and asks no network for its rules."""
    uv = str(Path(sys.executable).parent / "uv")
    checkov = [uv, "tool", "run", "--quiet", "--python", sys.executable, f"checkov=={CHECKOV}"]
    what = ["--directory", str(ROOT / "infra"), "--framework", "terraform", "dockerfile"]
    seen = subprocess.run(
        [*checkov, *what, "--skip-download", "--quiet", "--compact"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert re.findall(r"Passed checks: [1-9]\d+, Failed checks: (\d+)", seen.stdout) == ["0", "0"]


@pytest.mark.check
def test_each_check_that_is_skipped_says_why() -> None:
    skips = [
        line.partition("checkov:skip=")[2]
        for path in (ROOT / "infra").rglob("*")
        if path.suffix in (".tf", ".yaml") or path.name.startswith("Dockerfile")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "checkov:skip=" in line
    ]
    assert len(skips) > 10
    assert not [skip for skip in skips if not re.fullmatch(r"CKV2?_[A-Z]+_\d+:.{25,}", skip)]


@pytest.mark.check
def test_every_folder_has_tests_of_its_own() -> None:
    untested = [
        folder_name(folder) for folder in (*MODULES, *ENVIRONMENTS) if not any(folder.glob("tests/*.hcl"))
    ]
    assert MODULES
    assert ENVIRONMENTS
    assert not untested


@pytest.mark.check
def test_topics_are_taken_from_the_contracts_that_the_house_reads() -> None:
    folder = re.search(r'contracts = "\$\{local\.root\}/(\S+)"', MAIN)
    assert folder
    names = {re.sub(r"\.odcs\.yaml$", "", path.name) for path in (ROOT / folder[1]).glob("*.odcs.yaml")}
    assert names == set(contract_names("topics"))
    assert all(load_contract("topics", name).kafka["partitions"] for name in names)


@pytest.mark.check
def test_the_jobs_are_those_of_the_plan() -> None:
    assert re.search(r'stream_script\s+= "(.*)"', MAIN)[1] == MEDALLION.script  # type: ignore[index]
    assert re.search(r'hourly_script\s+= "(.*)"', MAIN)[1] == CHECK.script  # type: ignore[index]


@pytest.mark.check
def test_every_setting_is_one_of_the_house() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TERRAFORM.rglob("*.tf*") if path.is_file())
    used = set(re.findall(r"\bRETAIL_[A-Z0-9_]*[A-Z0-9]\b", MAIN))
    known = {f"RETAIL_{name.upper()}" for name in Settings.model_fields}
    assert {"RETAIL_BUCKET", "RETAIL_CUSTOMER_SECRET"} <= used
    assert used <= known
    assert not re.search(r"(?i)(password|private_key|secret_key)\s*=\s*\"[^\"$]{8,}\"", text)


@pytest.mark.check
def test_the_jar_filter_lets_through_what_emr_does_not_bring() -> None:
    pattern = re.search(r'brought = "(.*)"', MAIN)
    assert pattern
    lock = (ROOT / "infra/local/jars/lake.sha256").read_text(encoding="utf-8").split()[1::2]
    kept = [jar for jar in lock if re.match(pattern[1], jar)]
    for prefix in pattern[1].strip("^()").split("|"):
        assert any(jar.startswith(prefix) for jar in kept), f"no jar of the lock begins with {prefix}"
