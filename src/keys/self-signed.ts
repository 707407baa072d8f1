import { sign, X509Certificate, type KeyObject } from "node:crypto";

/** A certificate that nobody vouches for but itself. */
export interface CertificateWish {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** A DNS name, in ASCII. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly serial: Uint8Array;
}

/*
 * DER (ITU-T X.690) of a certificate (RFC 5280): Node reads certificates and makes none.
 */

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
/** [0] and [3] of a TBSCertificate, and the dNSName of a GeneralName. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

const COMMON_NAME = "550403";
const SUBJECT_ALT_NAME = "551d11";
const RSA_SHA256 = "2a864886f70d01010b";

/** A certificate for an RSA key, signed by that key itself with SHA-256, in PEM. */
export function selfSigned({ privateKey, publicKey, name, from, to, serial }: CertificateWish): string {
  const algorithm = der(SEQUENCE, oid(RSA_SHA256), Buffer.from([0x05, 0x00]));
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, oid(COMMON_NAME), der(UTF8_STRING, Buffer.from(name)))));
  const alternatives = der(SEQUENCE, der(DNS_NAME, Buffer.from(name, "latin1")));
  const contents = der(
    SEQUENCE,
    der(VERSION, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    subject,
    der(SEQUENCE, time(from), time(to)),
    subject,
    publicKey.export({ format: "der", type: "spki" }),
    der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, oid(SUBJECT_ALT_NAME), der(OCTET_STRING, alternatives)))),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign("sha256", contents, privateKey));
  return new X509Certificate(der(SEQUENCE, contents, algorithm, signature)).toString();
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x1_00 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function oid(hex: string): Buffer {
  return der(OBJECT_ID, Buffer.from(hex, "hex"));
}

/** Positive, without a zero that is not needed. */
function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const plain = bytes.subarray(start === -1 ? bytes.length - 1 : start);
  return der(INTEGER, ...((plain[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), plain);
}

/** The year of two digits counts until 2049 (RFC 5280, section 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return ms < Date.UTC(2050, 0, 1)
    ? der(UTC_TIME, Buffer.from(digits.slice(2)))
    : der(GENERALIZED_TIME, Buffer.from(digits));
}
