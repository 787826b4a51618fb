"""Emits the Kotlin host: data classes, sealed types and value classes, suspending methods, and the core below."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from native_bridge.emit.jvm import (
    camel,
    constant,
    declarations,
    header,
    ordered,
    prose,
    quoted,
    spec_of,
    static_parts,
)
from native_bridge.emit.kotlin_types import declared, is_empty
from native_bridge.model import Contract, Method

LANGUAGE: Final = "kotlin"
ROOT: Final = "tidegate/bridge"
FILES: Final = {"record": "Records", "union": "Unions", "enum": "Enums", "string": "Values", "bytes": "Values"}


def emit(contract: Contract) -> dict[str, str]:
    """Give the text of every file of the Kotlin host by its path."""
    files = {f"{ROOT}/{name}": text for name, text in static_parts(LANGUAGE, contract, ".kt").items()}
    parts = {
        "Shapes": _shapes(contract),
        "BridgeContract": _contract(contract),
        "ErrorCode": _errors(contract),
        "BridgeMethods": _methods(contract),
        "BridgeHandlers": _handlers(contract),
        "BridgeEvents": _events(contract),
    }
    files |= {f"{ROOT}/types/{name}.kt": _file(contract, ".types", text) for name, text in _types(contract).items()}
    return files | {f"{ROOT}/{name}.kt": _file(contract, "", text) for name, text in parts.items()}


def _file(contract: Contract, package: str, text: str) -> str:
    return f"{header(LANGUAGE, contract)}\npackage tidegate.bridge{package}\n\n{text}"


def _types(contract: Contract) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name in sorted(contract.types):
        text = declared(contract, name)
        if text is not None:
            found.setdefault(FILES[contract.types[name]["kind"]], []).append(text)
    return {file: _with_imports(texts) for file, texts in found.items()}


def _with_imports(texts: list[str]) -> str:
    whole = "\n".join(texts)
    names = ["Json", "JsonArray", "JsonNull", "JsonObject", "bool", "entries", "items", "json", "jsonObject", "member"]
    names += ["obj", "optional", "text", "whole"]
    used = [name for name in names if re.search(rf"(?:[ (.<]){name}(?:[ (,.){{?>]|$)", whole, re.MULTILINE)]
    return "".join(f"import tidegate.bridge.core.{name}\n" for name in used) + "\n" + whole


def _shapes(contract: Contract) -> str:
    rows = "\n\n".join(
        f"    val {constant(name)}{_as_record(contract.types[name])} = {_shape(contract, name)}"
        for name in ordered(contract)
    )
    kinds = ["ANY", "BoolShape", "BytesShape", "ChoiceShape", "DecimalShape", "Field", "JsonShape", "ListShape"]
    kinds += ["MapShape", "RecordShape", "TextShape", "UnionShape", "WholeShape"]
    imports = "".join(f"import tidegate.bridge.core.{kind}\n" for kind in kinds if kind in rows)
    return f"""{imports}
/** The contract's types as the core checks them. */
internal object Shapes {{
{rows}
}}
"""


def _as_record(spec: Mapping[str, Any]) -> str:
    return ": RecordShape" if spec["kind"] == "record" else ""


def _ref(contract: Contract, name: str) -> str:
    return constant(name) if name in contract.types else _shape(contract, name)


def _shape(contract: Contract, name: str) -> str:
    spec = spec_of(contract, name)
    kind = spec["kind"]
    if kind == "record":
        rows = "".join(f"\n        {_field(contract, key, field)}," for key, field in spec["fields"].items())
        return f"RecordShape({rows}\n    )" if rows else "RecordShape()"
    if kind == "union":
        cases = "".join(f"\n            {quoted(tag)} to {constant(of)}," for tag, of in spec["cases"].items())
        return f"UnionShape(\n        {quoted(spec['tag'])},\n        mapOf({cases}\n        ),\n    )"
    if kind == "list":
        return f"ListShape({_ref(contract, spec['of'])}, {_range(spec, 'minItems', 'maxItems')})"
    if kind == "map":
        pattern = quoted(spec["keyPattern"]) if "keyPattern" in spec else "null"
        return f"MapShape({_ref(contract, spec['of'])}, {pattern}, {_range(spec, '', 'maxEntries')})"
    return _scalar(spec)


def _field(contract: Contract, key: str, field: Mapping[str, Any]) -> str:
    flags = "".join(f", {flag} = true" for flag in ("optional", "nullable") if field[flag])
    return f"Field({quoted(key)}, {_ref(contract, field['type'])}{flags})"


def _scalar(spec: Mapping[str, Any]) -> str:
    pattern = [quoted(spec["pattern"])] if "pattern" in spec else []
    values = [quoted(value) for value in spec.get("values", ())]
    most = [f"{spec['maxBytes']}L"] if "maxBytes" in spec else ["null"] if "roots" in spec else []
    made = {
        "enum": ("ChoiceShape", ["true" if spec.get("open") else "false", *values]),
        "string": ("TextShape", [_range(spec, "minLength", "maxLength"), *pattern]),
        "int": ("WholeShape", [_range(spec, "min", "max")]),
        "decimal": ("DecimalShape", [str(spec.get("scale", 0))]),
        "bytes": ("BytesShape", [_range(spec, "minBytes", "maxBytes")]),
        "json": ("JsonShape", [*most, *map(quoted, spec.get("roots", ()))]),
    }
    if spec["kind"] == "bool":
        return "BoolShape"
    name, arguments = made[spec["kind"]]
    return f"{name}({', '.join(arguments)})"


def _range(spec: Mapping[str, Any], least: str, most: str) -> str:
    if least not in spec and most not in spec:
        return "ANY"
    return f"{spec.get(least, 'Long.MIN_VALUE')}..{spec.get(most, 'Long.MAX_VALUE')}L".replace("VALUEL", "VALUE")


def _contract(contract: Contract) -> str:
    limits = ", ".join(
        str(contract.envelope[name]) for name in ("version", "maxBytes", "maxDepth", "inflight", "requests", "chunks")
    )
    methods = "\n".join(_declarations(contract))
    events = "\n".join(
        f"        Event({quoted(name)}, Shapes.{constant(spec['payload'])}, always = {str(spec['always']).lower()}),"
        for name, spec in sorted(contract.events.items())
    )
    failures = "\n".join(
        f"        FailureKind({quoted(code)}, {_flags(spec)})," for code, spec in sorted(contract.errors.items())
    )
    used = ["Contract", "Event", "FailureKind", "Limits", "Method"] + (["Allowance"] if "Allowance(" in methods else [])
    imports = "".join(f"import tidegate.bridge.core.{name}\n" for name in sorted(used))
    return f"""{imports}
/** The contract of this host. */
public val bridgeContract: Contract = Contract(
    version = {quoted(contract.version)},
    hash = {quoted(contract.hash)},
    limits = Limits({limits}),
    methods = listOf(
{methods}
    ),
    events = listOf(
{events}
    ),
    failures = listOf(
{failures}
    ),
)
"""


def _flags(spec: Mapping[str, Any]) -> str:
    return ", ".join(f"{flag} = {str(bool(spec[flag])).lower()}" for flag in ("common", "retryable"))


def _declarations(contract: Contract) -> Iterator[str]:
    for name, spec in declarations(contract):
        head = f"{quoted(name)}, {spec['mv']}, {spec['tier']}, {quoted(spec['consent'])}, {spec['timeoutMs']}"
        shapes = f"Shapes.{constant(spec['input'])}, Shapes.{constant(spec['output'])}"
        extras = "".join(f"\n            {extra}," for extra in _extras(spec))
        yield f"        Method(\n            {head}, {shapes},{extras}\n        ),"


def _extras(spec: Mapping[str, Any]) -> Iterator[str]:
    if spec.get("chunk"):
        yield f"chunk = Shapes.{constant(spec['chunk'])}"
    if spec.get("allow"):
        yield f"allow = Allowance({quoted(spec['allow']['list'])}, {quoted(spec['allow']['field'])})"
    if spec["audit"]:
        yield f"audit = setOf({', '.join(map(quoted, spec['audit']))})"
    if spec["errors"]:
        rows = "".join(f"\n                {quoted(code)}," for code in sorted(spec["errors"]))
        yield f"failures = setOf({rows}\n            )"


def _errors(contract: Contract) -> str:
    rows = "\n\n".join(
        f"    /** {prose(spec['doc'])} */\n    {code}," for code, spec in sorted(contract.errors.items())
    )
    return f"""import tidegate.bridge.core.BridgeException
import tidegate.bridge.core.JsonObject

/** The contract's errors. */
public enum class ErrorCode {{
{rows}
    ;

    /** Makes the exception that answers with this error; the message is English and free of personal data. */
    public fun because(message: String, details: JsonObject = JsonObject.EMPTY): BridgeException =
        BridgeException(name, message, details = details)
}}
"""


def _imports(contract: Contract, *, outputs: bool) -> str:
    used = {method.input for method in contract.methods.values() if not is_empty(contract, method.input)}
    if outputs:
        used |= {method.output for method in contract.methods.values() if not is_empty(contract, method.output)}
        used |= {method.chunk for method in contract.methods.values() if method.chunk}
    return "".join(f"import tidegate.bridge.types.{name}\n" for name in sorted(used))


def _methods(contract: Contract) -> str:
    rows = "\n\n".join(_signature(contract, method) for method in contract.methods.values())
    chunks = any(method.chunk for method in contract.methods.values())
    return f"""import tidegate.bridge.core.Call
{"import tidegate.bridge.core.ChunkSender" if chunks else ""}
{_imports(contract, outputs=True)}
/**
 * What a bundle may ask this host to do; one method of the app for each method of the contract.
 *
 * Input was held against the contract and the manifest before a method is called. A method begins on the dispatcher's
 * thread and may suspend; it throws what [ErrorCode.because] makes. Anything else that it throws reaches the page as
 * INTERNAL. [Call.onCancel] tells when the page no longer waits.
 */
public interface BridgeMethods {{
{rows}
}}
"""


def _signature(contract: Contract, method: Method) -> str:
    errors = f"\n     *\n     * Own errors: {', '.join(sorted(method.errors))}." if method.errors else ""
    limits = f"Tier {method.tier}, at most {method.timeout_ms // 1000} s."
    arguments = [] if is_empty(contract, method.input) else [f"input: {method.input}"]
    arguments += ["call: Call"]
    arguments += [f"chunks: ChunkSender<{method.chunk}>"] if method.chunk else []
    gives = "" if is_empty(contract, method.output) else f": {method.output}"
    doc = f"    /**\n     * {prose(method.doc)} {limits}{errors}\n     */"
    return f"{doc}\n    public suspend fun {camel(method.name)}({', '.join(arguments)}){gives}"


def _handlers(contract: Contract) -> str:
    rows = "\n".join(_handler(contract, method) for method in contract.methods.values())
    unused = "JsonObject" in rows
    return f"""import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
{"import tidegate.bridge.core.ChunkSender" if "ChunkSender" in rows else ""}
import tidegate.bridge.core.Handler
{"import tidegate.bridge.core.JsonObject" if unused else ""}
import tidegate.bridge.core.started
{_imports(contract, outputs=False)}
/**
 * Binds typed methods to the dispatcher.
 *
 * @param context in which the methods run; the empty one runs them where the dispatcher is
 * @param unsupported names of methods that this device or app cannot do; they answer METHOD_UNSUPPORTED
 */
public fun bridgeHandlers(
    methods: BridgeMethods,
    context: CoroutineContext = EmptyCoroutineContext,
    unsupported: Set<String> = emptySet(),
): Map<String, Handler> = mapOf(
{rows}
) - unsupported
"""


def _handler(contract: Contract, method: Method) -> str:
    takes = not is_empty(contract, method.input)
    arguments = [f"{method.input}.fromJson(params)"] if takes else []
    arguments += ["call"]
    arguments += ["ChunkSender { call.chunk(it.toJson()) }"] if method.chunk else []
    write = "{ JsonObject.EMPTY }" if is_empty(contract, method.output) else "{ it.toJson() }"
    params = "params" if takes else "_"
    call = f"methods.{camel(method.name)}({', '.join(arguments)})"
    return f"""    {quoted(method.name)} to Handler {{ {params}, call, reply ->
        started(context, reply, {write}) {{ {call} }}
    }},"""


def _events(contract: Contract) -> str:
    rows = "\n\n".join(_event(contract, name, spec) for name, spec in sorted(contract.events.items()))
    used = {spec["payload"] for spec in contract.events.values() if not is_empty(contract, spec["payload"])}
    imports = ["core.Dispatcher", *(["core.JsonObject"] if "JsonObject" in rows else [])]
    imports += [f"types.{name}" for name in sorted(used)]
    lines = "".join(f"import tidegate.bridge.{name}\n" for name in imports)
    return f"""{lines}
/** Tells the page events, each with its own payload; use it on the dispatcher's thread. */
public class BridgeEvents(private val dispatcher: Dispatcher) {{
{rows}
}}
"""


def _event(contract: Contract, name: str, spec: Mapping[str, Any]) -> str:
    empty = is_empty(contract, spec["payload"])
    argument = "" if empty else f"payload: {spec['payload']}"
    payload = "JsonObject.EMPTY" if empty else "payload.toJson()"
    return f"""    /** {prose(spec["doc"])} */
    public fun {camel(name)}({argument}) {{
        dispatcher.emit({quoted(name)}, {payload})
    }}"""
