/** A JSON value whose shape somebody else owns: the operation catalogue, or another bundle. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

@TYPES@
/** Every code that a BridgeError can carry. */
export type BridgeErrorCode =
@ERRORS@;

/** What may go with any call. */
export interface CallOptions {
  /** Aborting it cancels the call; it then rejects with CANCELLED. */
  readonly signal?: AbortSignal;
  /** Milliseconds; the contract's own limit is the most. */
  readonly timeoutMs?: number;
}

/** What may go with a call whose result comes in parts. */
export interface ChunkOptions<Chunk> extends CallOptions {
  /** Told of each part while the call runs; a shell that sends none never calls it. */
  readonly onChunk?: (chunk: Chunk) => void;
}

/** Methods by name, and the versions of each that this client speaks; the newest comes first. */
export interface MethodVersions {
@VERSIONS@
}

/** Payloads by the name of the event. */
export interface BridgeEvents {
@EVENTS@
}

/** What the shell granted. */
export interface Welcome {
  readonly contract: string;
  readonly host: { readonly platform: string; readonly app: string };
  readonly granted: Readonly<Partial<Record<keyof MethodVersions, number>>>;
  readonly denied: { readonly [method: string]: BridgeErrorCode };
  readonly bundle: { readonly id: string; readonly version: string };
  readonly limits: { readonly bytes: number; readonly inflight: number };
}

/** The connected bridge. */
export interface Bridge {
  readonly welcome: Welcome;
  /** Tell whether a method is granted. */
  can(method: keyof MethodVersions): boolean;
  /** Listen to an event; gives a function that stops listening. */
  on<Name extends keyof BridgeEvents>(event: Name, listener: (payload: BridgeEvents[Name]) => void): () => void;
@METHODS@
  /** Older versions that the contract still has, `bridge.older["a.b"][1](input)`; a page that needs one asks for it in `need`. */
  readonly older: {
@OLDER@
  };
}

export interface ConnectOptions {
  /** Without these the page cannot work: connect rejects when one is not granted. */
  readonly need?: Partial<MethodVersions>;
  /** The page can do without these. */
  readonly want?: Partial<MethodVersions>;
  /** Milliseconds to wait for the shell; 20 seconds when absent. */
  readonly timeoutMs?: number;
}
