import { isUtf8 } from "node:buffer";
import { CliError } from "../errors.js";
import {
  asByteText,
  decodeString,
  JsonSyntaxError,
  parseJson,
  toByteText,
  type JsonMember,
  type JsonNode,
} from "../events/json-tree.js";
import { headerValue, type HeaderList } from "../events/headers.js";
import { partsOf } from "../events/pretty-multipart.js";
import { fieldsOf, formField } from "./form.js";
import type { FieldPath } from "./scheme.js";

/** A request whose body is a form, or empty. */
interface Form {
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/**
 * A JSON body with a text at a place of it: what a signature inside a body is put in by. Only the value's own bytes change; a
 * number there stays a number when the text is one, and a text a text. A last member that is missing is added.
 *
 * @throws CliError when the body is no JSON, or has nothing that could hold the place
 */
export function withBodyField(body: Uint8Array, path: FieldPath, value: string | number): Uint8Array {
  const text = toByteText(body);
  const { holder, member, step } = findPlace(text, readTree(body, text, path), path);
  const written = asByteText(JSON.stringify(value));
  if (member !== undefined) {
    const isNumber = member.value.kind === "number" && /^\d+$/.test(String(value));
    const kept = isNumber ? String(value) : asByteText(JSON.stringify(String(value)));
    return splice(text, member.value.start, member.value.end, kept);
  }
  if (holder.kind !== "object" || typeof step !== "string") throw noPlace(path);
  const last = holder.members.at(-1);
  const added = `${last === undefined ? "" : ","}${asByteText(JSON.stringify(step))}:${written}`;
  const at = last?.value.end ?? holder.start + 1;
  return splice(text, at, at, added);
}

/** A form body with a field; one of that name gives way. @throws CliError for a form of several parts that has no such field */
export function withFormField({ headers, body }: Form, name: string, value: string): Uint8Array {
  const parts = partsOf(body, headerValue(headers, "content-type"))?.parts;
  if (parts !== undefined) return withPart(body, parts.find((part) => part.name === name)?.body, { name, value });
  const key = encodeURIComponent(name);
  const kept = toByteText(body)
    .split("&")
    .filter((item) => item !== "" && item !== key && !item.startsWith(`${key}=`));
  return bytesOf([...kept, `${key}=${encodeURIComponent(value)}`].join("&"));
}

/** The body of one part changed, all other bytes kept. */
function withPart(
  body: Uint8Array,
  part: Uint8Array | undefined,
  { name, value }: { name: string; value: string },
): Uint8Array {
  if (part === undefined) throw noPlace([name]);
  const at = part.byteOffset - body.byteOffset;
  return Buffer.concat([body.subarray(0, at), Buffer.from(value), body.subarray(at + part.length)]);
}

/** A form body with a text at a place of the JSON that one of its fields holds. */
export function withFormJson(
  form: Form,
  { name, path, value }: { name: string; path: FieldPath; value: string },
): Uint8Array {
  const json = Buffer.from(formField(fieldsOf(form), name) ?? "", "latin1");
  return withFormField(form, name, Buffer.from(withBodyField(json, path, value)).toString("utf8"));
}

function readTree(body: Uint8Array, text: string, path: FieldPath): JsonNode {
  try {
    if (isUtf8(body)) return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  throw new CliError(`the signature stands in the body, at ${path.join(".")}, and this body is no JSON`);
}

interface Place {
  readonly holder: JsonNode;
  readonly member: JsonMember | undefined;
  readonly step: string | number | undefined;
}

function findPlace(text: string, root: JsonNode, path: FieldPath): Place {
  let holder = root;
  for (const step of path.slice(0, -1)) {
    const member = memberAt(text, holder, step);
    if (member === undefined) throw noPlace(path);
    holder = member.value;
  }
  const step = path.at(-1);
  return { holder, step, member: step === undefined ? undefined : memberAt(text, holder, step) };
}

/** Of several members of one name the last counts, as for JSON.parse. */
function memberAt(text: string, node: JsonNode, step: string | number): JsonMember | undefined {
  if (node.kind === "array") return typeof step === "number" ? node.members[step] : undefined;
  return node.members.findLast(({ keyStart, keyEnd }) => decodeString(text, keyStart, keyEnd) === step);
}

function splice(text: string, start: number, end: number, value: string): Uint8Array {
  return bytesOf(text.slice(0, start) + value + text.slice(end));
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function noPlace(path: FieldPath): CliError {
  return new CliError(`the signature stands in the body, at ${path.join(".")}, and this body has no such place`);
}
