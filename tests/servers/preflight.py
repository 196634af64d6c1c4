"""PDFBox's validator of PDF/A-1b, a program of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_JARS = ("pdfbox2", "preflight", "xmpbox", "fontbox2", "commons-logging", "javax.activation", "jaxb-api")
_FOLDER = Path("/usr/share/java")
_PATIENCE_S = 60.0


def _require_preflight() -> tuple[str, str]:
    """Java and the class path. Without them tests fail where everything must be there, and are skipped elsewhere."""
    java = shutil.which("java")
    jars = [_FOLDER / f"{name}.jar" for name in _JARS]
    missing = [str(jar) for jar in jars if not jar.exists()] + ([] if java else ["java"])
    if java is None or missing:
        told = f"missing for PDFBox preflight: {', '.join(missing)} (scripts/packages.txt)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(told)
    return java, ":".join(map(str, jars))


def preflight_findings(path: Path) -> list[str]:
    """What PDFBox finds wrong in a PDF/A-1b file; empty when it is valid."""
    java, class_path = _require_preflight()
    command = [java, "-cp", class_path, "org.apache.pdfbox.preflight.Validator_A1b", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if run.returncode == 0 and "is a valid PDF/A-1b file" in run.stdout:
        return []
    return [line for line in (run.stdout + run.stderr).splitlines() if line.strip()]
