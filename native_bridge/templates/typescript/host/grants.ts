/**
 * What one bundle may do: manifest, app policy and kill-list together. It can only become less.
 *
 * @GENERATED@
 */
import { JsonObject } from "./json.js";
import { Contract, MethodSpec } from "./spec.js";

const PASSED = "pass";
const FAILED = "fail";

/** How each gate stood for one call: pass, fail or not-asked. */
export class Gates {
  manifest: string;
  policy: string;
  killList: string;
  consent: string = "not-asked";

  constructor(manifest: boolean, policy: boolean, killList: boolean) {
    this.manifest = manifest ? PASSED : FAILED;
    this.policy = policy ? PASSED : FAILED;
    this.killList = killList ? PASSED : FAILED;
  }

  isOpen(): boolean {
    return this.manifest === PASSED && this.policy === PASSED && this.killList === PASSED;
  }

  copy(): Gates {
    const copy = new Gates(this.manifest === PASSED, this.policy === PASSED, this.killList === PASSED);
    copy.consent = this.consent;
    return copy;
  }

  toJson(): JsonObject {
    return new JsonObject().set("manifest", this.manifest).set("policy", this.policy)
      .set("killList", this.killList).set("consent", this.consent);
  }
}

/** Tell whether a contract version has the same major as another and is not older. */
export function speaks(version: string, least: string): boolean {
  const own = version.split(".");
  const wanted = least.split(".");
  return Number(own[0]) === Number(wanted[0]) && Number(own[1]) >= Number(wanted[1]);
}

export class Grants {
  private readonly contract: Contract;
  private readonly permissions: Map<string, number>;
  private readonly policy: Set<string>;
  private readonly killed: Set<string>;
  private readonly implemented: Set<string>;

  constructor(contract: Contract, permissions: Map<string, number>, policy: string[], killList: string[], implemented: string[]) {
    this.contract = contract;
    this.permissions = permissions;
    this.policy = new Set<string>(policy);
    this.killed = new Set<string>(killList);
    this.implemented = new Set<string>(implemented);
  }

  gates(method: string, mv: number): Gates {
    return new Gates(this.permissions.get(method) === mv, this.policy.has(method), !this.killed.has(method));
  }

  /** Give the code of the refusal, empty when the call may go on. */
  refusal(method: string, mv: number): string {
    if (!this.contract.hasMethod(method)) {
      return "METHOD_UNKNOWN";
    }
    if (this.declaration(method, mv) === null) {
      return "VERSION_UNSUPPORTED";
    }
    if (!this.gates(method, mv).isOpen()) {
      return "PERMISSION_DENIED";
    }
    return this.implemented.has(method) ? "" : "METHOD_UNSUPPORTED";
  }

  declaration(method: string, mv: number): MethodSpec | null {
    return this.contract.method(method, mv);
  }

  /** Give every method that may be called now, with its version. */
  granted(): JsonObject {
    const granted = new JsonObject();
    for (const method of Array.from(this.permissions.keys()).sort()) {
      const mv = this.permissions.get(method) ?? 0;
      if (this.refusal(method, mv) === "") {
        granted.set(method, mv);
      }
    }
    return granted;
  }

  /** Give the codes of what was asked for and is not granted. */
  denied(asked: Map<string, number>): JsonObject {
    const denied = new JsonObject();
    asked.forEach((mv: number, method: string): void => {
      const code = this.refusal(method, mv);
      if (code !== "") {
        denied.set(method, code);
      }
    });
    return denied;
  }

  kill(method: string): void {
    this.killed.add(method);
  }
}
