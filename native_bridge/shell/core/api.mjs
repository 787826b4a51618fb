/**
 * The shell's client of the bank's API: registration, sessions, DPoP proofs, and calls built from the catalogue.
 *
 *   const api = new Api({ base: "/app/v1", keys, store, env, aud, app: { id, version }, platform, model });
 *   await api.loadCatalogue();                 // kept in the store for offline starts
 *   await api.register();                      // → { deviceId, level, state }; does nothing when already registered
 *   await api.ensureSession();                 // onboarding session, registers first when needed → { scope, customer }
 *   await api.login({ confirmFactor });        // customer session; confirmFactor: async ({purpose:"login"}) → "face" | "pin"; throws USER_CANCELLED
 *   await api.request({ op, params, body, idempotencyKey, bundle });   // → { status, body, headers }; problem+json too
 *   await api.logout();
 *   await api.prepareBind();                   // → answer body of device.bind.prepare (or throws ShellError UPSTREAM_ERROR with details {status, body})
 *   await api.confirmBind(prepared, code);     // signs with K_tx → answer {status, body}
 *   await api.device();                        // → body of device.get
 *   api.session                                // { state: "none"|"onboarding"|"customer", customer: {name}|null, deviceId, deviceState }
 *   api.onSession = (session) => {}            // called after each change
 *   api.onCall = ({op, bundle, method, path, status, milliseconds, code}) => {}   // for the timeline
 *
 * `bundle` is the running bundle's string `wealth@1.0.0#<digest>`; it goes into the proof's `bnd`. Without it the call is
 * the shell's own. `request` throws ShellError: OFFLINE, TIMEOUT, AUTH_REQUIRED (a customer operation without a customer
 * session), PERMISSION_DENIED (a shell operation asked by a bundle), METHOD_UNKNOWN (no such op), PARAMS_INVALID.
 */
