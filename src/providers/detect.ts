import type { HeaderList } from "../events/headers.js";
import { fieldAt, parseJsonBody, scalarText } from "../signatures/body.js";
import { fieldsOf, formField } from "../signatures/form.js";
import { providers } from "./index.js";
import type { BodyTrait, Provider } from "./provider.js";

/** Who sent a request. `evidence`: what of it tells. */
export type Detected =
  | { readonly kind: "one"; readonly provider: Provider; readonly evidence: string }
  | { readonly kind: "several"; readonly providers: readonly Provider[] }
  | { readonly kind: "none" };

interface Sighting {
  readonly provider: Provider;
  readonly evidence: string;
}

interface Sighted {
  readonly headers: HeaderList;
  /** Names of the headers, in lower case. */
  readonly names: ReadonlySet<string>;
  /** The JSON body, or the JSON in a field of a form, read when somebody asks. */
  readonly json: (field: string | undefined) => unknown;
  /** A field of a form. */
  readonly field: (name: string) => string | undefined;
}

/** What is known of a request; what is not, tells nothing. */
export interface Detectable {
  readonly headers: HeaderList;
  readonly body?: Uint8Array;
  /** The JSON body, where it has been read already. */
  readonly json?: () => unknown;
}

/**
 * Finds who sent a request. Its signature headers say who may have; where that may be several, another header or the
 * shape of the body must tell, else it is the common way of signing that they share, or it stays open. Without any
 * signature header, other headers that only one provider sends; at last the body, for providers that have no header.
 *
 * @param own rows that the user has defined: see {@link ownSigners}
 */
export function detectProvider(request: Detectable, own: readonly Provider[] = []): Detected {
  const sighted = sight(request);
  const mine = own.length === 0 ? [] : ownSigners(own, sighted);
  if (mine.length > 0) return answer(mine);
  const detected = detectBuiltIn(sighted);
  if (detected.kind !== "none") return detected;
  return answer(
    own.flatMap((provider) => [...byOtherHeader(provider, sighted), ...byBody(provider, sighted)].slice(0, 1)),
  );
}

/**
 * Whose signature header is there goes before all built-in rows: the user has said so. Only where a built-in row with the same
 * header is told by something else too, it is that row, or both when the user's is told so as well.
 */
function ownSigners(own: readonly Provider[], sighted: Sighted): Sighting[] {
  const told = (one: Sighting) => isTold(one.provider, sighted);
  const mine = signersOf(own, sighted);
  const rivals = mine.length === 0 ? [] : signersOf(providers, sighted).filter(told);
  const claimed = (one: Sighting) => rivals.filter(({ evidence }) => isSame(evidence, one.evidence));
  const kept = mine.filter((one) => claimed(one).length === 0 || told(one));
  const best = kept.length > 1 && kept.some(told) ? kept.filter(told) : kept;
  return [...best, ...new Set(best.flatMap(claimed))];
}

function isTold(provider: Provider, sighted: Sighted): boolean {
  return byOtherHeader(provider, sighted).length > 0 || byBody(provider, sighted).length > 0;
}

function detectBuiltIn(sighted: Sighted): Detected {
  if (anyOf(sighted.names)) {
    const signed = signers(sighted);
    if (signed.length > 0) return among(signed, sighted);
    const sent = providers.flatMap((provider) => byOtherHeader(provider, sighted));
    if (sent.length > 0) return answer(narrowed(sent, sighted));
  }
  return answer(withoutHeader().flatMap((provider) => byBody(provider, sighted)));
}

/** The providers whose signature headers a request has, but for the one named. */
export function otherSigners(headers: HeaderList, besides: Provider): Sighting[] {
  const sighted = sight({ headers });
  if (!anyOf(sighted.names)) return [];
  return signers(sighted).filter(({ provider }) => provider !== besides);
}

/** Forms over this are not searched for what tells of a provider. */
const MAX_FORM_BYTES = 1024 * 1024;

function sight({ headers, body = NOTHING, json = () => parseJsonBody(body) }: Detectable): Sighted {
  const whole = once(json);
  const fields = once(() => (body.length > MAX_FORM_BYTES || isJson(body) ? [] : fieldsOf({ headers, body })));
  return {
    headers,
    names: new Set(headers.map(([name]) => name.toLowerCase())),
    json: (field) =>
      field === undefined ? whole() : parseJsonBody(Buffer.from(formField(fields(), field) ?? "", "latin1")),
    field: (name) => formField(fields(), name),
  };
}

const NOTHING = new Uint8Array(0);

/** An opening brace or bracket: no form begins so. */
function isJson(body: Uint8Array): boolean {
  return body[0] === 0x7b || body[0] === 0x5b;
}

/** How sure it is that one of these sent the request: told by more than the signature's header, by that alone, or only as the common way. */
interface Group {
  readonly by: "more" | "header" | "common";
  readonly sightings: readonly Sighting[];
}

/** Of several with the same header those whose bodies look like this one, if there are any. */
function narrowed(sent: readonly Sighting[], sighted: Sighted): readonly Sighting[] {
  if (sent.length < 2) return sent;
  const shaped = sent.flatMap(({ provider }) => byBody(provider, sighted));
  return shaped.length > 0 ? shaped : sent;
}

/** Who signed: each signature header is somebody's. Whom nothing tells but a header that others have too gives way. */
function among(signed: readonly Sighting[], sighted: Sighted): Detected {
  const headers = [...new Set(signed.map(({ evidence }) => evidence.toLowerCase()))];
  const groups = headers.map((name) =>
    resolve(
      signed.filter(({ evidence }) => isSame(evidence, name)),
      sighted,
    ),
  );
  const isTold = groups.some(({ by }) => by === "more");
  const kept = groups.filter(({ by, sightings }) => by !== "common" || !(isTold || sightings.every(isAnybody)));
  const sightings = (kept.length > 0 ? kept : groups).flatMap(qualified);
  return answer(providers.flatMap((provider) => sightings.filter((one) => one.provider === provider)));
}

/** What was seen, with a word that it is little where others sign in the same way. */
function qualified({ by, sightings }: Group): readonly Sighting[] {
  if (by !== "common") return sightings;
  return sightings.map(({ provider, evidence }) => ({ provider, evidence: `${evidence}, which others use too` }));
}

/** A way to sign that no other header goes with: whoever has a name goes before. */
function isAnybody({ provider }: Sighting): boolean {
  return provider.detection.otherHeaders === undefined;
}

/** Who of those with the same signature header it was: another header or the body tells, else it is the common way. */
function resolve(group: readonly Sighting[], sighted: Sighted): Group {
  const common = group.filter(({ provider, evidence }) => provider.detection.commonHeaders?.includes(evidence));
  const special = group.filter((one) => !common.includes(one));
  const told = special.filter(
    ({ provider }) => byOtherHeader(provider, sighted).length > 0 || byMediaType(provider, sighted) === true,
  );
  if (told.length === 1) return { by: "more", sightings: told };
  const shaped = (told.length > 0 ? told : special).flatMap(({ provider }) => byBody(provider, sighted));
  if (special.length > 1 || common.length > 0) {
    if (shaped.length > 0) return { by: "more", sightings: shaped };
    if (told.length > 0) return { by: "more", sightings: told };
  }
  return common.length > 0 ? { by: "common", sightings: common } : { by: "header", sightings: special };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function answer(sightings: readonly Sighting[]): Detected {
  const [first] = sightings;
  if (first === undefined) return { kind: "none" };
  return sightings.length === 1
    ? { kind: "one", ...first }
    : { kind: "several", providers: sightings.map(({ provider }) => provider) };
}

function signers(sighted: Sighted): Sighting[] {
  return signersOf(providers, sighted);
}

function signersOf(rows: readonly Provider[], sighted: Sighted): Sighting[] {
  return rows.flatMap((provider) => {
    const { signatureHeaders, signatureLooks } = provider.detection;
    const evidence = signatureHeaders.find((name) => sighted.names.has(name.toLowerCase()));
    if (evidence === undefined || isImitated(provider, sighted) || byMediaType(provider, sighted) === false) return [];
    const looks = signatureLooks instanceof RegExp ? signatureLooks : signatureLooks?.[evidence];
    if (looks !== undefined && !valuesOf(sighted.headers, evidence).every((value) => looks.test(value))) return [];
    return [{ provider, evidence }];
  });
}

function byOtherHeader(provider: Provider, sighted: Sighted): Sighting[] {
  const evidence = provider.detection.otherHeaders?.find((name) => sighted.names.has(name.toLowerCase()));
  return evidence === undefined || isImitated(provider, sighted) ? [] : [{ provider, evidence }];
}

/** Whether the body is of the kind that the provider sends; `undefined` when nothing tells. */
function byMediaType({ detection }: Provider, { headers }: Sighted): boolean | undefined {
  const [type] = valuesOf(headers, "content-type");
  return type === undefined ? undefined : detection.mediaTypes?.test(type);
}

function byBody(provider: Provider, sighted: Sighted): Sighting[] {
  const traits = provider.detection.bodies?.find((all) => all.every((trait) => hasTrait(sighted, trait)));
  if (traits === undefined) return [];
  const places = traits.map(({ form, path }) => (path.length === 0 ? `field ${form ?? ""}` : path.join(".")));
  return [{ provider, evidence: `the body's ${places.join(", ")}` }];
}

function hasTrait({ json, field }: Sighted, { form, path, looks }: BodyTrait): boolean {
  const value = form !== undefined && path.length === 0 ? field(form) : fieldAt(json(form), path);
  return looks === undefined ? value !== undefined : looks.test(scalarText(value) ?? "");
}

function isImitated({ detection }: Provider, { names }: Sighted): boolean {
  return detection.unless?.some((name) => names.has(name.toLowerCase())) ?? false;
}

function valuesOf(headers: HeaderList, name: string): string[] {
  return headers.flatMap(([key, value]) => (isSame(key, name) ? [value] : []));
}

/** Those whose signature stands in no header of their own, but in the body, or in Authorization: their bodies tell. */
const withoutHeader = once(() =>
  providers.filter(
    ({ detection, schemes }) =>
      detection.bodies !== undefined &&
      schemes.some(
        ({ signature }) => signature.from !== "header" || signature.names[0].toLowerCase() === "authorization",
      ),
  ),
);

/** Every header that tells of some provider, in lower case: most requests have none of them. */
const telling = once(
  () =>
    new Set(
      providers.flatMap(({ detection }) =>
        [...detection.signatureHeaders, ...(detection.otherHeaders ?? [])].map((name) => name.toLowerCase()),
      ),
    ),
);

function anyOf(names: ReadonlySet<string>): boolean {
  const known = telling();
  for (const name of names) if (known.has(name)) return true;
  return false;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
