import { createHash } from "node:crypto";
import { headerValue, type HeaderList } from "../../events/headers.js";
import type { ChangedBy } from "../explanation.js";
import { parseJsonBody } from "../body.js";
import type { SignedRequest } from "../request.js";
import { counted } from "../problems.js";
import { queryParameter } from "../url.js";
import { signatureHeaders, type Subject } from "./subject.js";

/** What a request says about its own body, beside the signature. */
interface Witness {
  readonly name: string;
  readonly fits: (body: Uint8Array) => boolean;
  /** When it does not fit the body at hand. */
  readonly says: (body: Uint8Array) => string;
}

/** What lengths and digests in the request prove. */
export interface Evidence {
  readonly changedBy: ChangedBy | null;
  readonly hints: readonly string[];
}

/**
 * Which side changed the body. A length or digest that does not fit the body at hand: it was changed after it was received. One
 * that fits it, when other bytes were signed: it was changed before.
 *
 * @param signed the body that was signed, where it was found and is another one
 */
export function weigh(subject: Pick<Subject, "scheme" | "request">, signed: Uint8Array | undefined): Evidence {
  const { body } = subject.request;
  const witnesses = witnessesOf(subject);
  const against = witnesses.filter((witness) => !witness.fits(body));
  const hints = against.map((witness) => {
    const proof = signed !== undefined && witness.fits(signed) ? ", and fits the one that was signed" : "";
    return `${witness.says(body)}${proof}: the body was changed after it was received`;
  });
  if (against.length > 0) return { changedBy: "receiver", hints };
  const telling = signed === undefined ? [] : witnesses.filter((witness) => !witness.fits(signed));
  const [first] = telling;
  if (first === undefined) return { changedBy: null, hints };
  const hint = `${first.name} fits the body at hand: the body was changed before it came here, or the request was written anew`;
  return { changedBy: "sender", hints: [hint] };
}

function witnessesOf({ scheme, request }: Pick<Subject, "scheme" | "request">): Witness[] {
  const { headers } = request;
  return [...lengthWitness(headers), ...digestWitnesses(request), ...tokenWitnesses({ scheme, request })];
}

/** Of a compressed body the length counts the compressed bytes, which are not at hand. */
function lengthWitness(headers: HeaderList): Witness[] {
  const said = headerValue(headers, "content-length");
  if (said === undefined || !/^\d{1,15}$/.test(said) || headerValue(headers, "content-encoding") !== undefined)
    return [];
  return [
    {
      name: "Content-Length",
      fits: (body) => body.length === Number(said),
      says: (body) => `Content-Length says ${said}, the body has ${counted(body.length, "byte")}`,
    },
  ];
}

const HASHES: Readonly<Record<string, string>> = { "sha-256": "sha256", "sha-512": "sha512", sha: "sha1", md5: "md5" };

function digestWitnesses({ headers, url }: SignedRequest): Witness[] {
  const found: Witness[] = [];
  const add = (name: string, hash: string, digest: Buffer) => {
    const fits = (body: Uint8Array) => createHash(hash).update(body).digest().equals(digest);
    found.push({ name, fits, says: () => `${name} is that of another body` });
  };
  const md5 = headerValue(headers, "content-md5");
  if (md5 !== undefined && /^[A-Za-z0-9+/]{22}==$/.test(md5)) add("Content-MD5", "md5", Buffer.from(md5, "base64"));
  for (const name of ["Digest", "Content-Digest", "Repr-Digest"]) {
    for (const [, label = "", value = ""] of (headerValue(headers, name) ?? "")
      .slice(0, 2_000)
      .matchAll(/([A-Za-z0-9-]+)=:?([A-Za-z0-9+/]+={0,2})/g)) {
      const hash = HASHES[label.toLowerCase()];
      if (hash !== undefined) add(name, hash, Buffer.from(value, "base64"));
    }
  }
  const hex: readonly (readonly [string, string | undefined])[] = [
    ["X-Amz-Content-Sha256", headerValue(headers, "x-amz-content-sha256")],
    ["the bodySHA256 of the URL", url === undefined ? undefined : queryParameter(url, "bodySHA256")],
  ];
  for (const [name, value] of hex) {
    if (value !== undefined && /^[0-9a-f]{64}$/i.test(value)) add(name, "sha256", Buffer.from(value, "hex"));
  }
  return found;
}

/** The claims of a token that are a hash of the body, in hex. */
function tokenWitnesses({ scheme, request }: Pick<Subject, "scheme" | "request">): Witness[] {
  if (scheme.algorithm.family !== "jwt") return [];
  const claims = scheme.algorithm.claims.filter((rule) => "content" in rule && rule.hash !== undefined);
  const text = signatureHeaders(scheme, request.headers)[0]?.[1] ?? "";
  const payload = parseJsonBody(Buffer.from(text.split(".")[1] ?? "", "base64url"));
  if (typeof payload !== "object" || payload === null) return [];
  return claims.flatMap((rule): Witness[] => {
    const value: unknown = (payload as Record<string, unknown>)[rule.claim];
    if (
      !("content" in rule) ||
      typeof value !== "string" ||
      rule.content.length !== 1 ||
      rule.content[0]?.part !== "body"
    )
      return [];
    const encoding = rule.encoding === "base64" || rule.encoding === "base64url" ? rule.encoding : "hex";
    const hash = rule.hash ?? "sha256";
    const fits = (body: Uint8Array) => createHash(hash).update(body).digest(encoding) === value;
    return [
      {
        name: `the claim ${rule.claim}`,
        fits,
        says: () => `the claim ${rule.claim} of the token is that of another body`,
      },
    ];
  });
}
