import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { CliError } from "../errors.js";
import type { HeaderList } from "../events/headers.js";
import { invalidPayload, readPayload, type Refusal } from "./gates.js";

/** `--validate`: tells what is wrong with a request's payload. */
export type SchemaGate = (request: { readonly headers: HeaderList; readonly body: Uint8Array }) => Refusal | undefined;

/** One finding of ajv, as far as it is used here. */
interface Finding {
  readonly instancePath: string;
  readonly message?: string;
}
interface Check {
  (value: unknown): unknown;
  errors?: readonly Finding[] | null;
}

/**
 * Compiles a JSON Schema (2020-12, or draft 7 where `$schema` says so). A `$ref` outside the file is an error: nothing is
 * fetched. `name` is the file's name, for messages. Throws {@link CliError}.
 */
export async function compileSchema(text: string, name: string): Promise<SchemaGate> {
  const schema = parseSchema(text, name);
  const ajv = ajvFor(schema);
  let check: Check;
  try {
    check = ajv.compile(schema as object) as Check;
  } catch (error) {
    throw new CliError(
      `${name} is not a usable JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: "a $ref must stay inside the file; nothing is fetched",
        cause: error,
      },
    );
  }
  return (request) => judge(request, check);
}

function parseSchema(text: string, name: string): unknown {
  try {
    const schema: unknown = JSON.parse(text);
    if (typeof schema === "boolean" || (typeof schema === "object" && schema !== null)) return schema;
  } catch (error) {
    throw new CliError(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  throw new CliError(`${name} is not a JSON Schema: an object is needed`);
}

function ajvFor(schema: unknown): Ajv | Ajv2020 {
  const options = { strict: false, allErrors: false, validateFormats: true } as const;
  const dialect = typeof schema === "object" && schema !== null ? (schema as { $schema?: unknown }).$schema : undefined;
  const draft7 = typeof dialect === "string" && /draft-0[67]/.test(dialect);
  const ajv = draft7 ? new Ajv(options) : new Ajv2020(options);
  formats.default(ajv);
  return ajv;
}

function judge(
  request: { readonly headers: HeaderList; readonly body: Uint8Array },
  check: Check,
): Refusal | undefined {
  const payload = readPayload(request);
  if (payload === undefined) return invalidPayload("the body is not JSON");
  try {
    if (check(payload.value) === true) return undefined;
  } catch (error) {
    // A schema that refers to itself follows the payload down; a payload can be deeper than the stack.
    if (error instanceof RangeError) return invalidPayload("it is nested too deeply");
    throw error;
  }
  const finding = check.errors?.[0];
  const where = finding === undefined || finding.instancePath === "" ? "/" : finding.instancePath;
  return invalidPayload(`${where} ${finding?.message ?? "does not match"}`);
}
