/**
 * One bundle in one frame: the handshake by which verified bytes reach the bundle's own origin, and the page's life.
 *
 *   const frame = new BundleFrame({ bundle, origin, object, document?, timeouts?, heartbeat? });
 *       // origin: exact origin of the bundle; object: async (sha256) → Uint8Array (releases.object)
 *   frame.onState = ({ state, reason, bundle, digest, milliseconds, sent }) => {}   // loading → loader → entering → live → ended
 *   frame.onPage = (port, release) => {}      // the page's MessagePort (same interface: onmessage, postMessage, close); strings only;
 *                                             // heartbeats are answered and counted inside and never reach you
 *   await frame.prepare(release, holder);     // steps 1–5 in a hidden frame, then removes it → { sent: number of files }
 *   await frame.open(release, container, { hash? });   // resolves when live; rejects with ShellError FRAME_FAILED
 *   frame.close(reason?);                     // ended; removes the iframe
 *   frame.state, frame.release, frame.element
 *
 * A second load, a second hello, a hello from a wrong source or origin, silence of the heartbeat: the session ends.
 */
