"""Emits the Java host: typed records and enums, the methods' interface, the events' senders, and the core below."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from native_bridge.emit.java_types import declared, type_name
from native_bridge.emit.jvm import (
    camel,
    constant,
    declarations,
    fields_of,
    header,
    ordered,
    prose,
    quoted,
    spec_of,
    static_parts,
)
from native_bridge.model import Contract, Method

LANGUAGE: Final = "java"
ROOT: Final = "tidegate/bridge"


def emit(contract: Contract) -> dict[str, str]:
    """Give the text of every file of the Java host by its path."""
    files = {f"{ROOT}/{name}": text for name, text in static_parts(LANGUAGE, contract, ".java").items()}
    for name in ordered(contract):
        text = declared(contract, name)
        if text is not None:
            files[f"{ROOT}/types/{name}.java"] = _file(contract, "types", text)
    parts = {
        "Shapes": _shapes(contract),
        "BridgeContract": _contract(contract),
        "ErrorCode": _errors(contract),
        "BridgeMethods": _methods(contract),
        "BridgeHandlers": _handlers(contract),
        "BridgeEvents": _events(contract),
    }
    return files | {f"{ROOT}/{name}.java": _file(contract, "", text) for name, text in parts.items()}


def _file(contract: Contract, package: str, text: str) -> str:
    where = f"tidegate.bridge.{package}" if package else "tidegate.bridge"
    return f"{header(LANGUAGE, contract)}\npackage {where};\n\n{text}"


def _shapes(contract: Contract) -> str:
    rows = "\n".join(
        f"    static final {_shape_class(contract.types[name])} {constant(name)} = {_shape(contract, name)};"
        for name in ordered(contract)
    )
    return f"""import tidegate.bridge.core.Shape;

/** The contract's types as the core checks them. */
final class Shapes {{
{rows}

    private Shapes() {{}}
}}
"""


def _shape_class(spec: Mapping[str, Any]) -> str:
    return {"record": "Shape.Record", "union": "Shape.Union"}.get(spec["kind"], "Shape")


def _ref(name: str, contract: Contract) -> str:
    return constant(name) if name in contract.types else _shape(contract, name)


def _shape(contract: Contract, name: str) -> str:
    spec = spec_of(contract, name)
    kind = spec["kind"]
    if kind == "record":
        fields = "".join(
            f"\n            .field({quoted(field)}, {_ref(each['type'], contract)}, "
            f"{_word(each['optional'])}, {_word(each['nullable'])})"
            for field, each in spec["fields"].items()
        )
        return f"Shape.record(){fields}"
    if kind == "union":
        cases = "".join(f"\n            .option({quoted(tag)}, {constant(of)})" for tag, of in spec["cases"].items())
        return f"Shape.union({quoted(spec['tag'])}){cases}"
    if kind == "list":
        return f"Shape.list({_ref(spec['of'], contract)}, {_least(spec, 'minItems', '0')}, {_most(spec, 'maxItems')})"
    if kind == "map":
        return f"Shape.map({_ref(spec['of'], contract)}, {_pattern(spec, 'keyPattern')}, {_most(spec, 'maxEntries')})"
    return _scalar(spec)


def _scalar(spec: Mapping[str, Any]) -> str:
    arguments: dict[str, list[str]] = {
        "choice": [_word(spec.get("open", False)), *map(quoted, spec.get("values", ()))],
        "text": [_least(spec, "minLength", "0"), _most(spec, "maxLength"), _pattern(spec, "pattern")],
        "whole": [_least(spec, "min", "Shape.NO_LEAST"), _most(spec, "max")],
        "decimal": [str(spec.get("scale", 0))],
        "bytes": [_least(spec, "minBytes", "0"), _most(spec, "maxBytes")],
        "json": [_most(spec, "maxBytes"), *map(quoted, spec.get("roots", ()))],
    }
    made = {"enum": "choice", "string": "text", "int": "whole"}.get(spec["kind"], spec["kind"])
    return "Shape.BOOL" if made == "bool" else f"Shape.{made}({', '.join(arguments[made])})"


def _word(value: bool) -> str:  # noqa: FBT001 — a flag of the contract, written as Java writes it
    return "true" if value else "false"


def _least(spec: Mapping[str, Any], bound: str, absent: str) -> str:
    return f"{spec[bound]}L" if bound in spec else absent


def _most(spec: Mapping[str, Any], bound: str) -> str:
    return f"{spec[bound]}L" if bound in spec else "Shape.NO_MOST"


def _pattern(spec: Mapping[str, Any], name: str) -> str:
    return quoted(spec[name]).replace("\\$", "$") if name in spec else "null"


def _contract(contract: Contract) -> str:
    limits = ", ".join(
        str(contract.envelope[name]) for name in ("version", "maxBytes", "maxDepth", "inflight", "requests", "chunks")
    )
    methods = "\n".join(f"                .method({method})" for method in _declarations(contract))
    events = "\n".join(
        f"                .event({quoted(name)}, Shapes.{constant(spec['payload'])}, {_word(spec['always'])})"
        for name, spec in sorted(contract.events.items())
    )
    failures = "\n".join(
        f"                .failure({quoted(code)}, {_word(spec['common'])}, {_word(spec['retryable'])})"
        for code, spec in sorted(contract.errors.items())
    )
    return f"""import tidegate.bridge.core.Contract;

/** The contract of this host. */
public final class BridgeContract {{
    /** Its version. */
    public static final String VERSION = {quoted(contract.version)};

    /** The hash of the compiled contract. */
    public static final String HASH = {quoted(contract.hash)};

    private BridgeContract() {{}}

    /** Gives what the dispatcher needs of it. */
    public static Contract contract() {{
        return new Contract(VERSION, HASH, new Contract.Limits({limits}))
{methods}
{events}
{failures};
    }}
}}
"""


def _declarations(contract: Contract) -> Iterator[str]:
    for name, spec in declarations(contract):
        head = f"{quoted(name)}, {spec['mv']}, {spec['tier']}, {quoted(spec['consent'])}, {spec['timeoutMs']}L"
        text = f"new Contract.Method({head}, Shapes.{constant(spec['input'])}, Shapes.{constant(spec['output'])})"
        yield text + "".join(_extras(spec))


def _extras(spec: Mapping[str, Any]) -> Iterator[str]:
    if spec.get("chunk"):
        yield f"\n                        .chunk(Shapes.{constant(spec['chunk'])})"
    if spec.get("allow"):
        yield f"\n                        .allow({quoted(spec['allow']['list'])}, {quoted(spec['allow']['field'])})"
    if spec["audit"]:
        yield f"\n                        .audit({', '.join(map(quoted, spec['audit']))})"
    if spec["errors"]:
        yield f"\n                        .failures({', '.join(map(quoted, sorted(spec['errors'])))})"


def _errors(contract: Contract) -> str:
    rows = ",\n".join(f"    /** {prose(spec['doc'])} */\n    {code}" for code, spec in sorted(contract.errors.items()))
    return f"""import tidegate.bridge.core.BridgeException;

/** The contract's errors. */
public enum ErrorCode {{
{rows};

    /** Makes the exception that answers with this error; the message is English and free of personal data. */
    public BridgeException because(String message) {{
        return new BridgeException(name(), message);
    }}
}}
"""


def _methods(contract: Contract) -> str:
    rows = "\n\n".join(_signature(contract, method) for method in contract.methods.values())
    return f"""import tidegate.bridge.core.Call;
import tidegate.bridge.core.ChunkSender;
import tidegate.bridge.core.Reply;
{_imports(contract)}
/**
 * What a bundle may ask this host to do; one method of the app for each method of the contract.
 *
 * <p>Input was held against the contract and the manifest before a method is called. A method begins its work and
 * returns soon; the outcome goes to {{@code reply}}, from any thread. What it throws counts as {{@code reply.fail}}.
 */
public interface BridgeMethods {{
{rows}
}}
"""


def _imports(contract: Contract) -> str:
    used = {method.output for method in contract.methods.values()}
    used |= {method.input for method in contract.methods.values() if fields_of(contract, method.input)}
    used |= {method.chunk for method in contract.methods.values() if method.chunk}
    return "".join(f"import tidegate.bridge.types.{name};\n" for name in sorted(used))


def _signature(contract: Contract, method: Method) -> str:
    errors = f"\n     *\n     * <p>Own errors: {', '.join(sorted(method.errors))}." if method.errors else ""
    limits = f"Tier {method.tier}, at most {method.timeout_ms // 1000} s."
    doc = f"    /**\n     * {prose(method.doc)} {limits}{errors}\n     */"
    arguments = [f"{method.input} input"] if fields_of(contract, method.input) else []
    arguments += ["Call call"]
    arguments += [f"ChunkSender<{method.chunk}> chunks"] if method.chunk else []
    arguments += [f"Reply<{method.output}> reply"]
    return f"{doc}\n    void {camel(method.name)}({', '.join(arguments)}) throws Exception;"


def _handlers(contract: Contract) -> str:
    rows = "\n".join(_handler(contract, method) for method in contract.methods.values())
    return f"""import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import tidegate.bridge.core.Handler;
import tidegate.bridge.core.Typed;
{_imports(contract)}
/** Binds typed methods to the dispatcher. */
public final class BridgeHandlers {{
    private BridgeHandlers() {{}}

    /**
     * Gives the handlers of an app's methods.
     *
     * @param unsupported names of methods that this device or app cannot do; they answer METHOD_UNSUPPORTED
     */
    public static Map<String, Handler> of(final BridgeMethods methods, String... unsupported) {{
        Map<String, Handler> handlers = new HashMap<>();
{rows}
        handlers.keySet().removeAll(Arrays.asList(unsupported));
        return handlers;
    }}
}}
"""


def _handler(contract: Contract, method: Method) -> str:
    arguments = [f"{method.input}.fromJson(params)"] if fields_of(contract, method.input) else []
    arguments += ["call"]
    arguments += [f"Typed.chunks(call, {method.chunk}::toJson)"] if method.chunk else []
    arguments += [f"Typed.reply(reply, {method.output}::toJson)"]
    call = f"methods.{camel(method.name)}({', '.join(arguments)})"
    return f"        handlers.put({quoted(method.name)}, (params, call, reply) ->\n                {call});"


def _events(contract: Contract) -> str:
    rows = "\n\n".join(_event(contract, name, spec) for name, spec in sorted(contract.events.items()))
    used = {spec["payload"] for spec in contract.events.values() if fields_of(contract, spec["payload"])}
    imports = "".join(f"import tidegate.bridge.types.{name};\n" for name in sorted(used))
    return f"""import tidegate.bridge.core.Dispatcher;
import tidegate.bridge.core.Json;
{imports}
/** Tells the page events, each with its own payload. */
public final class BridgeEvents {{
    private final Dispatcher dispatcher;

    /** Tells them over a dispatcher; use it on the dispatcher's thread. */
    public BridgeEvents(Dispatcher dispatcher) {{
        this.dispatcher = dispatcher;
    }}

{rows}
}}
"""


def _event(contract: Contract, name: str, spec: Mapping[str, Any]) -> str:
    takes = bool(fields_of(contract, spec["payload"]))
    argument = f"{type_name(contract, spec['payload'])} payload" if takes else ""
    payload = "payload.toJson()" if takes else "Json.object().end()"
    return f"""    /** {prose(spec["doc"])} */
    public void {camel(name)}({argument}) {{
        dispatcher.emit({quoted(name)}, {payload});
    }}"""
