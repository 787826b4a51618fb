"""The bridge's cores in Node: calls a second of the shell's core and of the emitted TypeScript core.

Both stand against the bare JSON.parse and JSON.stringify of the same texts in the same process. And what `bridge emit`
takes for each language, against compiling the contract from its YAML, in the same rounds.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measuring import ROOT, Case, Finding, Sample, arguments, conclude, figure, machine, ratio, report, rounds, show

from native_bridge.cli import EMITTERS
from native_bridge.emit import typescript_host
from native_bridge.model import COMPILED, compile_folder

HERE = Path(__file__).parent
TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
NODE = ("--target", "es2022", "--lib", "es2022", "--module", "commonjs", "--moduleResolution", "node10")
TIMES = 5


def compiled(folder: Path) -> Path:
    """Emit the TypeScript host and compile it; gives the folder with its JavaScript."""
    for name, text in typescript_host.emit(compile_folder()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    sources = [str(folder / "host" / "events.ts"), str(folder / "host" / "contract.ts")]
    subprocess.run([str(TSC), *NODE, "--outDir", str(folder / "js"), *sources], check=True)
    return folder / "js"


def dispatching(host: Path) -> subprocess.Popen[str]:
    """Start the process that measures the cores."""
    shell = ROOT / "native_bridge" / "shell" / "host"
    command = ["node", str(HERE / "dispatching.mjs"), str(shell), str(host), str(COMPILED)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def asked(process: subprocess.Popen[str], name: str) -> Callable[[], Sample]:
    """Give what measures one core once."""

    def run() -> Sample:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        told = json.loads(process.stdout.readline())
        return Sample(told["count"], told["seconds"], cpu=told["cpu"])

    return run


def timed(work: Callable[[], object]) -> Callable[[], Sample]:
    """Give what measures a piece of Python once."""

    def run() -> Sample:
        worked, begun = time.process_time(), time.perf_counter()
        for _ in range(TIMES):
            work()
        return Sample(TIMES, time.perf_counter() - begun, cpu=time.process_time() - worked)

    return run


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__ or "")
    if shutil.which("node") is None or not TSC.is_file():
        print(
            "No Node or no TypeScript compiler here: `npm ci` installs the compiler; nothing was measured",
            file=sys.stderr,
        )
        return
    contract = compile_folder()
    with tempfile.TemporaryDirectory() as folder, dispatching(compiled(Path(folder))) as process:
        cores = [Case(name, asked(process, name)) for name in ("bare", "shell", "typescript")]
        compiling = Case("compile", timed(compile_folder))
        emitting = [Case(name, timed(lambda emit=emit: emit(contract))) for name, emit in sorted(EMITTERS.items())]
        rounds([*cores, compiling, *emitting], options.rounds)
        assert process.stdin is not None
        process.stdin.close()
    bare, *real = cores
    findings = [Finding(f"{case.name} core over bare JSON", ratio(case, bare)) for case in real]
    findings += [Finding(f"compiling over emitting {case.name}", ratio(case, compiling)) for case in emitting]
    if options.json:
        report("bridge_node", [*cores, compiling, *emitting], findings)
        return
    print(f"Bridge in Node, {machine()}, {options.rounds} rounds")
    show(
        "Calls",
        ("Core", "Calls a second", "CPU µs a call"),
        [(c.name, figure(c.rate), figure(c.cost * 1e6)) for c in cores],
    )
    rows = [(case.name, figure(1000 / case.rate)) for case in (compiling, *emitting)]
    show("The generator", ("Work", "ms"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
