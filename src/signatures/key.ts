import type { KeyObject } from "node:crypto";
import type { CurveName, KeyType } from "./scheme.js";

/** A public or private key, parsed. */
export interface Key {
  readonly visibility: "public" | "private";
  readonly type: KeyType;
  /** For `type` ec. */
  readonly curve?: CurveName;
  /** What it was written as. */
  readonly form: "pem" | "certificate" | "jwk" | "der" | "raw" | "whsk" | "whpk";
  /** The half that verifies; there for private keys too. */
  readonly publicKey: KeyObject;
  /** The half that signs. */
  readonly privateKey?: KeyObject;
}
