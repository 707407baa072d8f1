import { generateKeyPairSync, randomBytes } from "node:crypto";

/** What the two sides of one run know: the app its secret or public key, hookcli what it signs and checks with. */
export interface Credentials {
  readonly appEnv: Readonly<Record<string, string>>;
  /** The shared secret; absent for key pairs. */
  readonly secret?: string;
  /** Private and public half, in a form that hookcli's `--key` takes. */
  readonly keys?: { readonly privateKey: string; readonly publicKey: string };
}

/** One app of `apps/`, and what its provider's scheme promises. */
export interface Row {
  /** The app's name. */
  readonly name: string;
  /** hookcli's name of the provider, and the folder of its fixtures. */
  readonly provider: string;
  /** Of hookcli, when it isn't the provider's default. */
  readonly scheme?: string;
  readonly credentials: () => Credentials;
  /** The SDK refuses a signature that is too old. */
  readonly checksAge: boolean;
  /** False for tokens, which know nothing of the body. */
  readonly signsBody: boolean;
  /** The URL is signed, so the app must know the one that the sender used. */
  readonly signsUrl: boolean;
}

const hmac = { checksAge: false, signsBody: true, signsUrl: false } as const;
const timedHmac = { ...hmac, checksAge: true } as const;

export const rows: readonly Row[] = [
  { name: "stripe", provider: "stripe", credentials: shared(() => `whsec_${randomText()}`), ...timedHmac },
  { name: "github", provider: "github", credentials: shared(randomText), ...hmac },
  { name: "standard-webhooks", provider: "standard-webhooks", credentials: shared(whsec), ...timedHmac },
  {
    name: "standard-webhooks-v1a",
    provider: "standard-webhooks",
    scheme: "standard-webhooks-v1a",
    credentials: standardKeys,
    ...timedHmac,
  },
  { name: "svix", provider: "svix", credentials: shared(whsec), ...timedHmac },
  { name: "slack", provider: "slack", credentials: shared(randomText), ...timedHmac },
  { name: "twilio", provider: "twilio", credentials: shared(randomText), ...hmac, signsUrl: true },
  { name: "shopify", provider: "shopify", credentials: shared(randomText), ...hmac },
  { name: "discord", provider: "discord", credentials: discordKeys, ...hmac },
  { name: "sendgrid", provider: "sendgrid", credentials: sendgridKeys, ...hmac },
  { name: "square", provider: "square", credentials: shared(randomText), ...hmac, signsUrl: true },
  { name: "gitlab", provider: "gitlab", credentials: shared(randomText), ...hmac, signsBody: false },
  { name: "generic", provider: "generic", credentials: shared(randomText), ...hmac },
];

function shared(make: () => string): () => Credentials {
  return () => {
    const secret = make();
    return { secret, appEnv: { WEBHOOK_SECRET: secret } };
  };
}

function randomText(): string {
  return randomBytes(16).toString("hex");
}

function whsec(): string {
  return `whsec_${randomBytes(24).toString("base64")}`;
}

/** `whsk_` holds the seed and the public half, `whpk_` the public half. */
function standardKeys(): Credentials {
  const { seed, publicBytes } = ed25519();
  const publicKey = `whpk_${publicBytes.toString("base64")}`;
  const privateKey = `whsk_${Buffer.concat([seed, publicBytes]).toString("base64")}`;
  return { appEnv: { WEBHOOK_PUBLIC_KEY: publicKey }, keys: { privateKey, publicKey } };
}

/** Discord shows the public key as hex. */
function discordKeys(): Credentials {
  const { pem, publicBytes } = ed25519();
  const publicKey = publicBytes.toString("hex");
  return { appEnv: { WEBHOOK_PUBLIC_KEY: publicKey }, keys: { privateKey: pem, publicKey } };
}

/** SendGrid shows the public key as base64 of its SPKI. */
function sendgridKeys(): Credentials {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");
  const privateKey = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return { appEnv: { WEBHOOK_PUBLIC_KEY: publicKey }, keys: { privateKey, publicKey } };
}

function ed25519(): { readonly pem: string; readonly seed: Buffer; readonly publicBytes: Buffer } {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { d = "", x = "" } = privateKey.export({ format: "jwk" });
  return {
    pem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    seed: Buffer.from(d, "base64url"),
    publicBytes: Buffer.from(x, "base64url"),
  };
}
