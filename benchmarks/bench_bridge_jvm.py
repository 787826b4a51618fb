"""The Java host's dispatcher on the JVM, against bare reading and writing of the same JSON in the same process."""

import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ROOT, Case, Finding, Sample, arguments, conclude, figure, machine, ratio, report, rounds, show

from native_bridge.emit.java import emit
from native_bridge.model import compile_folder
from tests.native_bridge import jvm

LOADS = {"small": "store.get, about 100 bytes each way", "large": "net.request, 100 kB in and 200 kB out"}


class Program:
    """The program that measures, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        """Compile and start it."""
        out = folder / "classes"
        sources = [*sorted(jvm.STUBS.glob("*.java")), *jvm.write(emit(compile_folder()), folder / "source")]
        told = jvm.compile_java([*sources, ROOT / "benchmarks" / "jvm" / "Rates.java"], out)
        assert told == "", told
        self.process = subprocess.Popen(
            ["java", "-Xmx512m", "-cp", str(out), "rates.Rates"],  # noqa: S607 — the JVM is found on the path
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def sample(self, way: str, load: str) -> Sample:
        """Measure one case once."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{way} {load}\n")
        self.process.stdin.flush()
        count, seconds = self.process.stdout.readline().split()
        return Sample(int(count), float(seconds))

    def end(self) -> None:
        """End its input and wait for it."""
        self.process.communicate(timeout=60)


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    if not jvm.has_java():
        print(f"skipped: {jvm.NO_JAVA}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        program = Program(Path(folder))
        cases = [
            Case(f"{way}: {about}", lambda way=way, load=load: program.sample(way, load))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
            for load, about in LOADS.items()
            for way in ("dispatch", "bare")
        ]
        rounds(cases, given.rounds)
        program.end()
    findings = [
        Finding(f"a call ÷ bare JSON, {load}", ratio(case, peer))
        for load, case, peer in zip(LOADS, cases[::2], cases[1::2], strict=True)
    ]
    if given.json:
        report("bridge_jvm", cases, findings)
        return
    print(f"# The bridge on the JVM ({machine()})")
    show("Medians of rounds", ("Case", "per second"), [(case.name, figure(case.rate)) for case in cases])
    conclude(findings)


if __name__ == "__main__":
    main()
