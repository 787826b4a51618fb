/**
 * Who may start a session: only the frame that the shell made, from exactly the origin that the shell opened in it.
 *
 * @GENERATED@
 */
import { JsonObject, JsonValue } from "./json.js";

/** An origin as browsers write it: scheme, lower-case host, perhaps a port; nothing else. */
const ORIGIN = new RegExp("^https?://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[1-9][0-9]{0,4})?$");

/** A message to a window, and what the shell knows of the frame it should come from. */
export interface Greeting {
  /** Whether it came from the frame itself. */
  readonly fromFrame: boolean;
  /** Where it says it came from, as the platform tells. */
  readonly origin: JsonValue;
  readonly data: JsonValue;
  readonly expectedOrigin: string;
  /** loading, loader, entering, live or ended. */
  readonly state: string;
}

/** Tell whether a text is an origin and nothing more. */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text);
}

/**
 * Judge a greeting. Origins are compared as text and whole: no parsing that a look-alike could bend.
 * Gives the reason of the refusal, empty when it is accepted. A refusal is dropped without an answer, and audited.
 */
export function refusalOf(greeting: Greeting): string {
  if (!greeting.fromFrame) {
    return "source";
  }
  if (!isOrigin(greeting.expectedOrigin) || greeting.origin !== greeting.expectedOrigin) {
    return "origin";
  }
  const due = stateOf(greeting.data);
  if (due === "") {
    return "data";
  }
  return due === greeting.state ? "" : "state";
}

/** The state in which a greeting may come, once. */
function stateOf(data: JsonValue): string {
  const name = data instanceof JsonObject && data.size() === 1 ? data.get("tidegate") : undefined;
  if (name === "loader-hello") {
    return "loading";
  }
  return name === "page-hello" ? "entering" : "";
}
