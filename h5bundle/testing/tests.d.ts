/** Types of `h5bundle/test`: what a bundle's own tests are written with. */

export interface OpenOptions {
  readonly locale?: "zh-CN" | "en";
  readonly theme?: "light" | "dark";
  readonly insets?: { readonly top?: number; readonly bottom?: number; readonly left?: number; readonly right?: number };
  /** Fragment of the entry page, `#/orders`. */
  readonly at?: string;
  /** What a method or an operation answers: a value, or a function of its parameters. */
  readonly answers?: Readonly<Record<string, unknown>>;
}

export interface Page {
  readonly document: Document;
  text(selector: string): string | null;
  press(name: string): Promise<void>;
  type(label: string, text: string): Promise<void>;
  until(holds: () => unknown, otherwise?: string): Promise<void>;
  calls(name: string): readonly any[];
  emit(event: string, payload: unknown): void;
}

export function test(name: string, work: () => Promise<void>): void;
export function open(options?: OpenOptions): Promise<Page>;
export function equal(actual: unknown, expected: unknown): void;
export function refusal(code: string, details?: object): () => never;
