"""Vectors can fail: each host with one mistake is caught by the vector that names it."""

from pathlib import Path

import pytest

from native_bridge.conformance import VECTORS, read_vectors
from native_bridge.model import COMPILED, load
from native_bridge.playing import differences
from tests.native_bridge.vectors.hosts import javascript, mutated

CONTRACT = load(COMPILED.read_bytes())
BY_NAME = {vector.name: vector for vector in read_vectors(VECTORS, CONTRACT)}
DISPATCHER = "dispatcher.mjs"

MUTANTS = {
    "no counter": (DISPATCHER, "if (message.n <= this.#counter)", "if (false)", "05-replay"),
    "no id check": (DISPATCHER, "if (this.#ids.has(message.id))", "if (false)", "05-replay"),
    "no token": (DISPATCHER, "|| message.s !== this.#token", "", "06-session-token"),
    "any nonce": (DISPATCHER, "|| hello.nonce !== this.#nonce", "", "wrong-nonce"),
    "any major": (
        DISPATCHER,
        '|| hello.contract.split(".")[0] !== own.split(".")[0]',
        "",
        "other-major",
    ),
    "hello twice": (DISPATCHER, 'this.#state !== "greeted" ||', "", "hello-empty-nonce"),
    "no ops": (DISPATCHER, "if (spec.allow && ", "if (false && ", "17-net-request"),
    "page's timeout only": (
        DISPATCHER,
        "Math.min(message.timeoutMs ?? spec.timeoutMs, spec.timeoutMs)",
        "message.timeoutMs ?? spec.timeoutMs",
        "timeouts",
    ),
    "no limit of calls": (DISPATCHER, "if (this.#running >= this.#limits.inflight)", "if (false)", "14-call-flood"),
    "double answer": (DISPATCHER, "    job.done = true;\n", "", "22-timeout-cancel-race"),
    "two sheets": ("calls.mjs", "if (this.#taken) return null;", "", "14-prompt-flood"),
    "any error": ("calls.mjs", "!(errors[code].common || spec.errors.includes(code))", "false", "app-info"),
    "consent unseen": ("calls.mjs", '? "fail" : before', "? before : before", "consent-gate"),
    "audit keeps all": (
        "calls.mjs",
        "spec.audit.filter((name) => Object.hasOwn(params, name))",
        "Object.keys(params)",
        "audit-fields",
    ),
    "no size limit": ("envelope.mjs", "if (!fitsUtf8(raw, limits.maxBytes))", "if (false)", "message-bytes"),
    "size in characters": (
        "json.mjs",
        " && new TextEncoder().encodeInto(text, new Uint8Array(most)).read === text.length",
        "",
        "message-bytes",
    ),
    "one byte less": (
        "envelope.mjs",
        "fitsUtf8(raw, limits.maxBytes)",
        "fitsUtf8(raw, limits.maxBytes - 1)",
        "message-bytes",
    ),
    "undeclared members": (
        "envelope.mjs",
        'if (name !== "v" &&',
        'if (false && name !== "v" &&',
        "08-foreign-bundle-id",
    ),
    "any envelope version": ("envelope.mjs", "if (message.v !== limits.version)", "if (false)", "envelope-version"),
    "large answers": ("answers.mjs", "return fitsUtf8(text, this.#maxBytes) ?", "return true ?", "answer-bytes"),
    "outputs not cut": ("shapes.mjs", "    return copy;\n  }\n\n  #union", "    return value;\n  }\n\n  #union", "cut"),
    "inputs not strict": (
        "shapes.mjs",
        "    if (strict) {\n      const extra",
        "    if (false) {\n      const extra",
        "13-display-text",
    ),
    "no kill-list": (
        "grants.mjs",
        "killList: this.#killed.has(method) ? FAILED : PASSED",
        "killList: PASSED",
        "23-grant-revoked",
    ),
    "no policy": ("grants.mjs", "policy: this.#policy.has(method) ? PASSED : FAILED", "policy: PASSED", "negotiation"),
    "no manifest": ("grants.mjs", "manifest: granted ? PASSED : FAILED", "manifest: PASSED", "07-outside-manifest"),
    "chunks uncounted": ("streams.mjs", "seq: chunks,", "seq: 0,", "order"),
    "chunks without end": ("streams.mjs", "if (chunks >= limits.chunks)", "if (false)", "too-many"),
    "late chunks": (
        DISPATCHER,
        "    if (job.done) {\n      if (job.toldLate)",
        "    if (false) {\n      if (job.toldLate)",
        "cancel",
    ),
    "late chunks told often": (DISPATCHER, "      if (job.toldLate) return;\n", "", "wrong-shape"),
    "unlisted events": (DISPATCHER, "if (!spec.always && ", "if (false && ", "events-queue"),
    "prefix of an origin": (
        "origin.mjs",
        "origin !== expectedOrigin",
        "!origin.startsWith(expectedOrigin)",
        "02-look-alike-origins",
    ),
    "any frame": ("origin.mjs", 'if (source !== true) return refuse("source");', "", "01-nested-frame"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_host_with_a_mistake_is_caught(name: str, tmp_path: Path) -> None:
    file, right, wrong, vector = MUTANTS[name]
    with javascript(mutated(tmp_path, file, right, wrong)) as host:
        assert list(differences(host, BY_NAME[vector].data, CONTRACT)) != []


@pytest.mark.parametrize("vector", sorted({vector for *_, vector in MUTANTS.values()}))
def test_the_same_vector_passes_the_core_as_it_is(vector: str) -> None:
    with javascript() as host:
        assert list(differences(host, BY_NAME[vector].data, CONTRACT)) == []
