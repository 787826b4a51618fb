/** Everything that the shell shows, made once: the columns, the phone, the sheets' stand; and the facts they show. */
import { BundlePanel } from "./bundles.mjs";
import { DebugPanel } from "./debug.mjs";
import { DevicePanel } from "./device.mjs";
import { fill, h } from "./dom.mjs";
import { Home } from "./home.mjs";
import { Phone } from "./phone.mjs";
import { State } from "./state.mjs";
import { topBar } from "./top.mjs";

/** @param {import("./appearance.mjs").Look} look */
export function createState({ device, ...look }) {
  return new State({
    ...look, model: device, bff: "checking", bank: null, env: null, busy: true, failure: null, progress: null, releases: [], trust: null,
    refused: [], trials: {}, waiting: {}, device: null, session: null, keyId: null, samples: [], faults: [], journal: 0,
    grants: {}, open: null, recording: false,
  });
}

/**
 * Draw the screen.
 * @param {{state: State, t: () => any, journal: any, faults: any, stored: () => Promise<any[]>, on: any}} parts
 * @returns {{phone: Phone, debug: DebugPanel}}
 */
export function drawScreen({ state, t, journal, faults, stored, on }) {
  const place = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const [left, stage, right] = [place("left"), place("stage"), place("right")];
  topBar({ root: place("top"), state, t, on });
  const [bundles, device] = [h("div"), h("div")];
  fill(left, bundles, device);
  new BundlePanel({ root: bundles, state, t, onOpen: on.open, onRetry: on.reload, onReset: on.reset });
  new DevicePanel({ root: device, state, t, on });
  const phone = new Phone({ stage, state, t, onBack: on.back, onLeave: on.leave });
  new Home({ root: phone.home, state, t, onOpen: on.open });
  const debug = new DebugPanel({ root: right, state, t, journal, faults, stored });
  state.watch(["locale"], () => {
    left.setAttribute("aria-label", t()("left.label"));
    stage.setAttribute("aria-label", t()("stage.label"));
    document.title = `Tidegate · ${t()("app.name")}`;
  });
  return { phone, debug };
}
