import { secretVariable } from "../../config/secrets.js";
import type { SignatureNote } from "../../events/event.js";
import type { Output } from "../../output/output.js";
import { bold } from "../../output/style.js";
import { providers, type Provider } from "../../providers/index.js";
import { RAW_ALGORITHMS } from "../../signatures/raw.js";
import type { Algorithm, Scheme } from "../../signatures/scheme.js";
import type { ReasonCode } from "../../signatures/verdict.js";
import { printPart, printRows } from "./page.js";

/** What each reason code says. */
export const REASONS: Readonly<Record<ReasonCode, string>> = {
  missing_header: "the signature's header, or one that is signed, is not there",
  malformed_header: "a header is there and cannot be read",
  unsupported_version: "only signatures of versions that hookcli does not check",
  wrong_header_for_provider: "the headers are another provider's",
  timestamp_missing: "the signed time is not there",
  timestamp_malformed: "the signed time cannot be read",
  timestamp_too_old: "signed longer ago than the tolerance, 300 s unless --tolerance says otherwise",
  timestamp_in_future: "signed for a time further ahead than the tolerance",
  signature_malformed: "the signature is not written in its encoding, or has another length",
  signature_mismatch: "the signature is another one: another secret, or a body that was changed",
  algorithm_not_allowed:
    "signed with an algorithm that the provider does not use, or a weak one that was not asked for",
  key_not_trusted: "signed with a key that is not among those given",
  body_hash_mismatch: "the hash of the body that was signed is another one",
  body_length: "the body is shorter or longer than was said",
};

const SECRETS = [
  "env:NAME, @file, - (standard input), or a literal, which the process list shows; --secret again for rotation.",
  "Without --secret: <PROVIDER>_WEBHOOK_SECRET, else HOOKCLI_SECRET, else the config.",
  "Providers that sign with a key pair take --key: PEM, JWK, hex, base64, whpk_ to check; the private half to sign.",
];

/** What lists show of an event's signature, and `--signature` selects. */
export const STATUSES: Readonly<Record<SignatureNote["status"], string>> = {
  valid: 'signed rightly, with a secret that is known; lists say "signed ok"',
  invalid: "not signed rightly, or not signed though a secret is known; lists give the reason",
  unchecked: "no secret is known for its provider, or neither --provider nor the request says whose it is",
  not_checkable: 'the provider signs nothing, or the secret cannot be one of its; lists say "no scheme"',
};

const STATUS_NOTES = [
  "A request of a provider that is known, by its headers or --provider, has to be signed: without a signature it is",
  "invalid (missing_header). One of no known provider and without X-Signature is unchecked, unless --require-signature",
  "stands there: then it is checked as a generic one.",
];

const CHECKING = [
  "The body is checked as the bytes that came. One that was parsed and written again does not match.",
  "The provider is told by its headers, or by --provider. Without either it is generic: HMAC-SHA256, hex, X-Signature.",
  "verify exits with 0 (valid), 1 (invalid, with a reason) or 2 (could not be checked).",
];

const HEADER_COLUMNS = 34;

/** `hookcli help signatures`. */
export function printSignatures(output: Output): void {
  const rows = providers.map(describe);
  printPart(output, "A secret is", SECRETS);
  output.line("");
  printPart(output, "Checking", CHECKING);
  output.line("");
  printPart(output, "An event's signature, in lists and for --signature", []);
  printRows(output, Object.entries(STATUSES), "  ");
  output.line("");
  printPart(output, "Requests that are not signed", STATUS_NOTES);
  output.line("");
  printProviders(output, rows);
  output.line("");
  printPart(output, "Reasons that a signature is not valid", []);
  printRows(output, Object.entries(REASONS), "  ");
  output.line("");
  printPart(
    output,
    "Raw schemes, for --scheme with --key-hex or --key: the message alone is signed",
    wrapped([...RAW_ALGORITHMS.keys()]),
  );
  output.record({ statuses: STATUSES, providers: rows, reasons: REASONS, rawSchemes: [...RAW_ALGORITHMS.keys()] });
}

interface ProviderRow {
  readonly provider: string;
  readonly headers: readonly string[];
  readonly schemes: readonly {
    readonly name: string;
    readonly algorithm: string;
    readonly timestamp: boolean;
    readonly weak: boolean;
  }[];
  readonly takes: "--secret" | "--key";
  readonly variable: string;
}

function describe({ name, schemes, detection }: Provider): ProviderRow {
  return {
    provider: name,
    headers: name === "generic" ? ["X-Signature"] : detection.signatureHeaders,
    schemes: schemes.map((scheme) => ({
      name: scheme.name,
      algorithm: algorithmText(scheme.algorithm),
      timestamp: scheme.timestamp !== undefined,
      weak: scheme.weak === true,
    })),
    takes: schemes[0]?.secret.kind === "key" ? "--key" : "--secret",
    variable: secretVariable(name),
  };
}

function printProviders(output: Output, rows: readonly ProviderRow[]): void {
  output.line([bold("Providers")]);
  const cells = rows.map(({ provider, headers, schemes, takes, variable }) => [
    provider,
    shortened(headers[0] ?? ""),
    schemes[0] === undefined ? "signs nothing" : schemes[0].algorithm + (schemes[0].timestamp ? ", with the time" : ""),
    takes === "--key" ? "--key" : variable,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const [provider = "", ...rest] of cells) {
    const columns = rest.map((cell, index) => cell.padEnd(widths[index + 1] ?? 0));
    output.line(["  ", bold(provider.padEnd(widths[0] ?? 0)), `  ${columns.join("  ").trimEnd()}`]);
  }
}

/** The longest of names would leave no room for the rest; with --json it is whole. */
function shortened(header: string): string {
  return header.length > HEADER_COLUMNS ? `${header.slice(0, HEADER_COLUMNS - 1)}…` : header;
}

const ALGORITHMS: {
  readonly [Family in Algorithm["family"]]: (algorithm: Extract<Algorithm, { family: Family }>) => string;
} = {
  hmac: ({ hash }) => `HMAC-${hash.toUpperCase()}`,
  hash: ({ hash }) => hash.toUpperCase(),
  ed25519: () => "Ed25519",
  ecdsa: ({ hash, curve }) => `ECDSA ${curve} ${hash.toUpperCase()}`,
  rsa: ({ hash, padding }) => `RSA${padding === "pss" ? "-PSS" : ""} ${hash.toUpperCase()}`,
  jwt: ({ algorithms }) => `JWT ${algorithms.join("/")}`,
  token: () => "the secret itself",
};

function algorithmText(algorithm: Scheme["algorithm"]): string {
  const text = ALGORITHMS[algorithm.family] as (algorithm: Algorithm) => string;
  return text(algorithm);
}

/** Words in lines that fit a narrow terminal. */
function wrapped(words: readonly string[], width = 76): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
