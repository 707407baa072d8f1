// What the tests use of packages that are installed for the tests of SDKs alone: types must hold without them.
declare module "stripe" {
  export default class Stripe {
    constructor(key: string);
    readonly webhooks: {
      generateTestHeaderString(options: { readonly payload: string; readonly secret: string }): string;
    };
  }
}

declare module "http-message-signatures" {
  import type { KeyObject } from "node:crypto";

  type Headers = Record<string, string | string[]>;
  interface Message {
    readonly method: string;
    readonly url: string;
    readonly headers: Headers;
  }
  interface Verifier {
    (data: Buffer, signature: Buffer): Promise<boolean | null>;
  }
  interface SigningKey {
    readonly id?: string;
    readonly alg?: string;
    sign(data: Buffer): Promise<Buffer>;
  }

  export function createSigner(key: KeyObject | Buffer, algorithm: string, id?: string): SigningKey;
  export function createVerifier(key: KeyObject | Buffer, algorithm: string): Verifier;
  export const httpbis: {
    signMessage(config: Readonly<Record<string, unknown>>, message: Message): Promise<Message>;
    verifyMessage(config: Readonly<Record<string, unknown>>, message: Message): Promise<boolean | null>;
  };
}
