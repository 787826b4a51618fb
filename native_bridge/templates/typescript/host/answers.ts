/**
 * Terminal answers as text: a result or a failure, never larger than the limit.
 *
 * @GENERATED@
 */
import { JsonObject, JsonValue, utf8Length, writeInert } from "./json.js";
import { Contract } from "./spec.js";

/** What a method throws to answer with a code of the contract. */
export class BridgeError extends Error {
  readonly code: string;
  /** What the contract says when null. */
  readonly retryable: boolean | null;
  readonly details: JsonObject;

  /** `message` is English and free of personal data. */
  constructor(code: string, message: string = "", details: JsonObject = new JsonObject(), retryable: boolean | null = null) {
    super(message);
    this.name = "BridgeError";
    this.code = code;
    this.retryable = retryable;
    this.details = details;
  }
}

/** Why a call failed: what the page is told, and what only the audit is told. */
export class Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean | null;
  readonly details: JsonObject;
  readonly reason: string;

  constructor(code: string, message: string, reason: string, details: JsonObject = new JsonObject(), retryable: boolean | null = null) {
    this.code = code;
    this.message = message;
    this.reason = reason;
    this.details = details;
    this.retryable = retryable;
  }
}

/** The text of an answer, and the code in it; empty for a success. */
export interface Answer {
  readonly text: string;
  readonly code: string;
}

/** Write the error member that `err` and `end` carry. */
export function plainError(code: string, message: string): JsonObject {
  return errorMember(code, message, false, new JsonObject());
}

function errorMember(code: string, message: string, retryable: boolean, details: JsonObject): JsonObject {
  return new JsonObject().set("code", code).set("message", message).set("retryable", retryable).set("details", details);
}

function failureText(id: string, error: JsonObject): string {
  return writeInert(new JsonObject().set("v", 1).set("t", "res").set("id", id).set("ok", false).set("e", error));
}

export class Answers {
  private readonly contract: Contract;

  constructor(contract: Contract) {
    this.contract = contract;
  }

  result(id: string, result: JsonValue): Answer {
    const text = writeInert(new JsonObject().set("v", 1).set("t", "res").set("id", id).set("ok", true).set("r", result));
    if (utf8Length(text) > this.contract.limits.maxBytes) {
      return this.failure(id, new Failure("TOO_LARGE", "", ""));
    }
    return { text: text, code: "" };
  }

  failure(id: string, failure: Failure): Answer {
    const code = failure.code;
    const retryable = failure.retryable ?? this.contract.error(code)?.retryable ?? false;
    const text = failureText(id, errorMember(code, failure.message, retryable, failure.details));
    if (utf8Length(text) <= this.contract.limits.maxBytes) {
      return { text: text, code: code };
    }
    return { text: failureText(id, errorMember(code, "", retryable, new JsonObject())), code: code };
  }
}
