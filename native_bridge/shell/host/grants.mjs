/**
 * What one bundle may do: manifest ∩ app policy ∩ kill-list. It can only become less.
 */
const FAILED = "fail";
const PASSED = "pass";

/** Split "1.4" for comparing. */
const parts = (version) => version.split(".").map(Number);

/** @param {string} version @param {string} least @returns {boolean} same major and not older */
export function speaks(version, least) {
  const [major, minor] = parts(version);
  const [wantedMajor, wantedMinor] = parts(least);
  return major === wantedMajor && minor >= wantedMinor;
}

export class Grants {
  #contract;
  #permissions;
  #policy;
  #killed;
  #implemented;

  /**
   * @param {any} contract compiled
   * @param {Record<string, number>} permissions of the signed manifest: version by method
   * @param {Iterable<string>} policy methods that this app allows to bundles at all
   * @param {Iterable<string>} killList methods that the bank has taken away
   * @param {(method: string) => boolean} implemented whether this host has the method
   */
  constructor(contract, permissions, policy, killList, implemented) {
    this.#contract = contract;
    this.#permissions = { ...permissions };
    this.#policy = new Set(policy);
    this.#killed = new Set(killList);
    this.#implemented = implemented;
  }

  /** @param {string} method @param {number} mv @returns {any} the declaration, or null */
  declaration(method, mv) {
    const versions = Object.hasOwn(this.#contract.methods, method) ? this.#contract.methods[method] : null;
    return versions !== null && Object.hasOwn(versions, String(mv)) ? versions[String(mv)] : null;
  }

  /** @returns {{manifest: string, policy: string, killList: string, consent: string}} the gates for one call */
  gates(method, mv) {
    const granted = Object.hasOwn(this.#permissions, method) && this.#permissions[method] === mv;
    return {
      manifest: granted ? PASSED : FAILED,
      policy: this.#policy.has(method) ? PASSED : FAILED,
      killList: this.#killed.has(method) ? FAILED : PASSED,
      consent: "not-asked",
    };
  }

  /** @returns {string} the code of the refusal, empty when the call may go on */
  refusal(method, mv) {
    if (!Object.hasOwn(this.#contract.methods, method)) return "METHOD_UNKNOWN";
    if (this.declaration(method, mv) === null) return "VERSION_UNSUPPORTED";
    if (Object.values(this.gates(method, mv)).includes(FAILED)) return "PERMISSION_DENIED";
    return this.#implemented(method) ? "" : "METHOD_UNSUPPORTED";
  }

  /** @returns {Record<string, number>} every method that may be called now */
  granted() {
    const allowed = Object.entries(this.#permissions).filter(([method, mv]) => this.refusal(method, mv) === "");
    return Object.fromEntries(allowed.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** @param {Record<string, number>} asked @returns {Record<string, string>} codes of what was asked and is not granted */
  denied(asked) {
    const refused = Object.entries(asked).map(([method, mv]) => [method, this.refusal(method, mv)]);
    return Object.fromEntries(refused.filter(([, code]) => code !== ""));
  }

  /** @param {string} method */
  kill(method) {
    this.#killed.add(method);
  }
}
