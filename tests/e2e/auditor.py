"""What an auditor does with a proof: the commands that export one, and verifying it with no bank at hand."""

import os
import subprocess
import sys
from pathlib import Path

from security.cli import evidence as commands
from tests.running import ROOT, Done, Running, call


def tidegate(running: Running, *words: str) -> Done:
    done = running.call(*words)
    assert done.returncode == 0, done.stderr
    return done


def evidence(environ: dict[str, str], *words: str) -> Done:
    command = [sys.executable, "-c", "import app; app.evidence()", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True)


def export(running: Running, order: str, to: Path) -> None:
    """Write an order's proof into a new file."""
    done = running.call("export", order, "--out", str(to), command=commands)
    assert done.returncode == 0, done.stderr


def auditors_shell() -> dict[str, str]:
    """Give the environment of a shell that knows nothing of the bank: no database, no server, no settings."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}  # noqa: TID251 — what an auditor's shell has


def write_anchors(running: Running, folder: Path) -> tuple[Path, Path]:
    """Write down what an auditor trusts: the keys of the checkpoints, and the root of the bundles."""
    anchors, root = folder / "audit.jwks.json", folder / "root.json"
    anchors.write_text(tidegate(running, "keys", "jwks", "audit-checkpoint").stdout, encoding="utf-8")
    root.write_text(tidegate(running, "root").stdout, encoding="utf-8")
    return anchors, root


def verify_with_one_file(export: Path, anchors: Path) -> Done:
    """Verify a proof with the verifier that is one file and needs nothing installed."""
    verify = export.with_name("verify.py")
    verify.write_text(call(commands, "verifier").stdout, encoding="utf-8")
    given = [sys.executable, "-I", str(verify), str(export), "--anchor", str(anchors)]
    return subprocess.run(given, cwd=export.parent, env=auditors_shell(), check=False, capture_output=True, text=True)
