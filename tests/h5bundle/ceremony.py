"""A bank's people in tests: each has a folder with one key and runs the real command line with nothing else."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from tuf.ngclient.updater import Updater

from h5bundle.cli import main
from h5bundle.client import StoreFetcher
from h5bundle.keys import KeyFolder, write_key, write_public
from h5bundle.stores.local import LocalStore
from h5bundle.stores.port import Store
from tests.h5bundle.conftest import declaration

TEAMS = {"anna": "security", "boris": "security", "clara": "security", "dario": "release", "elena": "release"}
SECRET = b"tide"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@dataclass
class Bank:
    """Five people, an online machine and a repository.

    Attributes:
        folder: everything lies below it.
        people: name → team.
    """

    folder: Path
    people: dict[str, str] = field(default_factory=lambda: dict(TEAMS))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "pass").write_bytes(SECRET + b"\n")
        for name, team in self.people.items():
            self.hire(name, team)
        online = KeyFolder(self.folder / "machine", SECRET)
        for role in ("online", "rollout"):
            online.generate(role)
            (self.folder / f"{role}.json").write_bytes(write_public(online.public_keys(role)[0]))

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.folder / "repo")

    @property
    def secret(self) -> tuple[str, str]:
        return ("--passphrase-file", str(self.folder / "pass"))

    @property
    def repository(self) -> tuple[str, str]:
        return ("--repository", str(self.store.folder))

    def hire(self, name: str, team: str) -> str:
        """Give a person a key, and give the file of its public half."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        key = write_key(place / "own.pem", SECRET, new_key=lambda: ec.generate_private_key(ec.SECP256R1()))
        public = self.folder / f"{name}.json"
        public.write_bytes(write_public(key, team=team, holder=name))
        return str(public)

    def keyid(self, name: str) -> str:
        return str(json.loads((self.folder / f"{name}.json").read_bytes())["keyid"])

    def found(self, *, root: int = 3, app: int = 2) -> None:
        """Make the repository: root 3 of 5, targets 2 of 3, wealth 2 of 3, each signed by its own people."""
        every = ", ".join(f"{name}.json" for name in TEAMS)
        (self.folder / "roles.yaml").write_text(
            f"root: {{threshold: {root}, keys: [{every}]}}\n"
            "targets: {threshold: 2, keys: [anna.json, boris.json, clara.json]}\n"
            "online: {keys: [online.json]}\n"
            "rollout: {keys: [rollout.json]}\n"
            f"app: {{threshold: {app}}}\n"
            f"bundles: {{wealth: {{threshold: {app}, keys: [anna.json, dario.json, elena.json]}}}}\n"
            "lifetimes: {app: 45}\n",
            encoding="utf-8",
        )
        file = self.folder / "init.json"
        made = run(
            "init", str(self.folder / "roles.yaml"), *self.repository, "--by", "anna", "--why", "x", "--out", str(file)
        )
        assert made.exit_code == 0, made.output
        for name in ("anna", "boris", "dario"):
            self.sign(file, name)
        done = self.promote(file)
        assert done.exit_code == 0, done.output

    def root(self, version: int = 1) -> Path:
        return self.store.folder / "metadata" / f"{version}.root.json"

    def propose(self, *arguments: str, by: str = "anna") -> Path:
        """Propose, and give the file for the signers."""
        file = self.folder / "next.json"
        made = run("propose", *arguments, *self.repository, "--by", by, "--why", "because", "--out", str(file))
        assert made.exit_code == 0, made.output
        return file

    def try_sign(self, file: Path, name: str, *more: str) -> Result:
        key = f"file:{self.folder / name / 'own.pem'}"
        root = ("--root", str(self.root())) if self.root().exists() else ()
        return run("sign", str(file), "--key", key, *root, "--yes", *self.secret, *more)

    def sign(self, file: Path, *names: str) -> None:
        for name in names:
            signed = self.try_sign(file, name)
            assert signed.exit_code == 0, signed.output

    def promote(self, file: Path | str, keys: str = "machine") -> Result:
        return run("promote", str(file), *self.repository, "--keys", str(self.folder / keys), *self.secret)

    def carry(self, *arguments: str, signers: tuple[str, ...]) -> Result:
        """Propose, let people sign, promote."""
        file = self.propose(*arguments)
        self.sign(file, *signers)
        return self.promote(file)

    def project(self, version: str, **more: str) -> Path:
        """Make a project's folder."""
        folder = self.folder / f"project-{version}"
        (folder / "dist").mkdir(parents=True, exist_ok=True)
        text = declaration(version=version, **{"permissions": "{}", "ops": "[]", "floor": "1.0.0", **more})
        (folder / "bundle.yaml").write_text(text, encoding="utf-8")
        (folder / "dist" / "index.html").write_text(f"<!doctype html>{version}", encoding="utf-8")
        return folder

    def publish(self, version: str, keys: str = "machine", **more: str) -> Result:
        place = ("--keys", str(self.folder / keys))
        return run("publish", str(self.project(version, **more)), *self.repository, *place, *self.secret, "--json")

    def waiting(self, version: str, **more: str) -> str:
        """Publish where no release key is, and give the name of the proposal that waits."""
        result = self.publish(version, **more)
        assert result.exit_code == 0, result.output
        return str(json.loads(result.stdout)["proposal"])

    def file_of(self, name: str) -> Path:
        """Give a proposal's file, as a signer would fetch it."""
        place = self.folder / f"{name}.proposal.json"
        place.write_bytes(self.store.read(f"proposals/{name}.json"))
        return place

    def release(self, version: str, *signers: str, **more: str) -> Result:
        """Publish, let people sign, promote."""
        file = self.file_of(self.waiting(version, **more))
        self.sign(file, *(signers or ("dario", "elena")))
        return self.promote(file)


@dataclass
class Phone:
    """python-tuf's own client on a phone that trusts the first root, or the one that it saw last."""

    store: Store
    folder: Path
    root: bytes

    def updater(self) -> Updater:
        for name in ("metadata", "targets"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        places = (
            str(self.folder / "metadata"),
            "store://r/metadata/",
            str(self.folder / "targets"),
            "store://r/targets/",
        )
        return Updater(*places, fetcher=StoreFetcher(self.store), bootstrap=self.root)

    def refresh(self) -> int:
        """Refresh, and give the version of the root that is trusted then."""
        self.updater().refresh()
        return int(json.loads((self.folder / "metadata" / "root.json").read_bytes())["signed"]["version"])

    def offers(self, version: str) -> bool:
        return self.updater().get_targetinfo(f"apps/wealth/{version}.manifest.json") is not None
