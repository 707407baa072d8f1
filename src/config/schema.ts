import { PROFILE_NAME } from "./file.js";
import { CONFIG_KEY_ROWS, FILE_KEYS, type ConfigKey } from "./keys.js";
import type { JsonSchema } from "./kinds.js";
import { routeSchema } from "./routes.js";
import { PROJECT_SECRET } from "./project-rules.js";
import { definitionSchemas, NAME } from "../providers/own/definition.js";

const PROFILE = "#/definitions/profile";
const CLOSED = { additionalProperties: false } as const;
const REFERENCE: JsonSchema = { type: "string", pattern: PROJECT_SECRET.source };

/**
 * The JSON Schema of `hookcli.config.json`, made from the table of keys. It is for editors, and says less than the reader of
 * the file where a pattern cannot say all; it refuses nothing that the reader takes.
 */
export function configSchema(providers: readonly string[]): JsonSchema {
  const keys = CONFIG_KEY_ROWS.map(([name, row]) => [name, keySchema(name, row, providers)] as const);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "hookcli.config.json",
    description:
      "What hookcli would be told each time. A flag goes before the environment, then this file, then your own.",
    allowComments: true,
    allowTrailingCommas: true,
    type: "object",
    properties: {
      $schema: { type: "string", minLength: 1, description: FILE_KEYS.$schema },
      ...Object.fromEntries(keys.map(([name]) => [name, { $ref: `${PROFILE}/properties/${name}` }])),
      profiles: {
        type: "object",
        description: FILE_KEYS.profiles,
        propertyNames: { pattern: PROFILE_NAME.source },
        additionalProperties: { $ref: PROFILE },
      },
    },
    additionalProperties: false,
    definitions: {
      profile: { type: "object", properties: Object.fromEntries(keys), additionalProperties: false },
      route: routeSchema(),
      ...definitionSchemas,
    },
  };
}

function keySchema(name: string, { kind, by, about, fallback }: ConfigKey, providers: readonly string[]): JsonSchema {
  const told = { description: about, ...(fallback === undefined ? {} : { default: fallback }) };
  if (by === "provider") {
    const properties = Object.fromEntries(providers.map((provider) => [provider, REFERENCE]));
    return { ...told, type: "object", properties, patternProperties: { [NAME.source]: REFERENCE }, ...CLOSED };
  }
  if (by === "definition")
    return { ...told, type: "object", patternProperties: { [NAME.source]: kind.schema }, ...CLOSED };
  if (by === "route") return { ...told, type: "array", items: kind.schema };
  if (by === "header") return { ...told, type: "object", additionalProperties: kind.schema };
  // A name of one's own is one that no built-in provider has; an editor offers those.
  if (name === "provider") return { ...told, anyOf: [{ enum: providers }, { type: "string", pattern: NAME.source }] };
  return { ...told, ...(kind.isSecret === true ? REFERENCE : kind.schema) };
}
