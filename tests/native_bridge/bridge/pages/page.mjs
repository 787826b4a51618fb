/** A bundle's page: what tests call, over the client that pages really get. */
import { BridgeError, connect } from "/common/bridge.js";

window.connectTo = (options) => connect(options);

/** Call `group.verb` and tell how it ended. */
window.attempt = async (run) => {
  try {
    return { ok: true, value: (await run()) ?? null };
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return { ok: false, code: error.code, retryable: error.retryable, details: error.details };
  }
};
window.loaded = true;
