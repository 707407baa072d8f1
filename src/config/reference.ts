/**
 * Whether a text says where a value is found, and is not the value: `env:NAME`, `@file`, `file:path`; `literal:` leads in the
 * value itself. A lone `-` is standard input for a secret alone: see {@link isPlace}. In a header it is a value.
 */
export function isReference(text: string): boolean {
  return /^(?:env:|@|file:|literal:)/.test(text);
}

/** Whether a text tells where a secret is found without telling it, so that it can be shown. */
export function isPlace(text: string): boolean {
  return text === "-" || (isReference(text) && !text.startsWith("literal:"));
}
