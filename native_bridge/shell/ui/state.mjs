/** What the shell shows, in one place: named facts, and who wants to be told when one of them changes. */

/** Facts with watchers; changes within one turn are told once. */
export class State {
  #facts;
  #watchers = [];
  #changed = new Set();

  /** @param {Record<string, any>} facts */
  constructor(facts) {
    this.#facts = { ...facts };
  }

  /** @param {string} name */
  get(name) {
    return this.#facts[name];
  }

  /** @param {Record<string, any>} facts only the facts that change */
  set(facts) {
    for (const [name, value] of Object.entries(facts)) {
      if (Object.is(this.#facts[name], value)) continue;
      this.#facts[name] = value;
      if (this.#changed.size === 0) queueMicrotask(() => this.#tell());
      this.#changed.add(name);
    }
  }

  /**
   * Call now, and after each turn in which one of the facts changed.
   * @param {string[]} names @param {() => void} render
   */
  watch(names, render) {
    this.#watchers.push({ names, render });
    render();
  }

  #tell() {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { names, render } of this.#watchers) {
      if (!names.some((name) => changed.has(name))) continue;
      try {
        render();
      } catch (error) {
        reportError(error); // one panel that cannot be drawn must not keep the others from being drawn
      }
    }
  }
}
