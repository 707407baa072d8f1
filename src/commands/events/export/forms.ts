import { secretVariable } from "../../../config/secrets.js";
import { CURL_HEAD, curlEntry, type CurlPlace } from "../../../events/export-curl.js";
import { fixtureFile, fixtureName } from "../../../events/export-fixture.js";
import { rawRequest } from "../../../events/export-http.js";
import type { HookEvent } from "../../../events/event.js";
import { eventToJson } from "../../../events/event-json.js";
import { HAR_TAIL, harEntry, harHead } from "../../../events/har.js";
import { safeJson } from "../../../events/safe-text.js";
import { findProvider, type Provider } from "../../../providers/index.js";
import { secretHeaders } from "../../delivery/request.js";
import type { ExportFormName } from "../export.js";

/** What an event is turned into, and what stands around all of them. */
export interface StreamForm {
  readonly kind: "stream";
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  readonly entry: (event: HookEvent) => string;
}

/** A form that holds one event a file. */
export interface FileForm {
  readonly kind: "files";
  readonly entry: (event: HookEvent) => Uint8Array;
  /** Folder (below the one that was named), name and extension. */
  readonly name: (event: HookEvent) => { readonly folder: string; readonly base: string; readonly extension: string };
}

export interface FormSettings {
  readonly version: string;
  readonly includeSecrets: boolean;
  /** Where a curl command sends an event to. */
  readonly placeOf: (event: HookEvent) => CurlPlace;
  /** Rows that the user has defined. */
  readonly own: readonly Provider[];
}

/** Every form of `events export`. */
export const FORMS: { readonly [Name in ExportFormName]: (settings: FormSettings) => StreamForm | FileForm } = {
  ndjson: () => ({
    kind: "stream",
    head: "",
    between: "",
    tail: "",
    entry: (event) => `${safeJson(eventToJson(event))}\n`,
  }),
  har: ({ version }) => ({
    kind: "stream",
    head: harHead(version),
    between: ",\n",
    tail: HAR_TAIL,
    entry: (event) => safeJson(harEntry(event)),
  }),
  curl: ({ includeSecrets, placeOf, own }) => ({
    kind: "stream",
    head: CURL_HEAD,
    between: "",
    tail: "",
    entry: (event) => {
      const provider = event.provider === null ? undefined : findProvider(event.provider, own);
      const isGeneric = provider === undefined || provider.name === "generic";
      return curlEntry(event, placeOf(event), {
        showSecrets: includeSecrets,
        secretHeaders: secretHeaders(provider),
        secretEnv: isGeneric ? "HOOKCLI_SECRET" : secretVariable(provider.name),
      });
    },
  }),
  http: () => ({
    kind: "files",
    entry: rawRequest,
    name: (event) => ({ folder: "", base: String(event.seq).padStart(6, "0"), extension: ".http" }),
  }),
  fixture: () => ({ kind: "files", entry: fixtureFile, name: fixtureName }),
};
