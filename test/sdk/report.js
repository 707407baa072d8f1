import { createHash } from "node:crypto";

/** Tells the driver on which port the app listens. */
export function ready(port) {
  print({ ready: true, port });
}

/** Tells the driver which bytes the app was given, and whether the provider's SDK accepted them. */
export function received(body, accepted) {
  const bytes = body ?? Buffer.alloc(0);
  print({ accepted, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
}

/** The body that express.raw read; empty when there was none, or it was of a type that the app does not take. */
export function rawBody(request) {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** The value of a variable that the app cannot do without. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/**
 * The URL that a request was sent to, for the SDKs that need it: the origin configured for the app, else the one that the
 * client or a trusted proxy names.
 */
export function publicUrl(request) {
  const origin = process.env.PUBLIC_URL ?? `${request.protocol}://${request.host}`;
  return origin + request.originalUrl;
}

function print(record) {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}
