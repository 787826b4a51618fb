/** The timers that every ArkTS program has. */
declare function setTimeout(handler: () => void, delay: number): number;
declare function clearTimeout(timeoutId: number): void;
