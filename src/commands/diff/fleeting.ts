import { providers } from "../../providers/index.js";
import type { Provider } from "../../providers/provider.js";
import type { Scheme } from "../../signatures/scheme.js";

/** Names of the headers, in lower case, that providers make anew for each delivery: signatures, timestamps, ids. */
export function fleetingHeaders(own: readonly Provider[]): ReadonlySet<string> {
  return new Set(
    [...own, ...providers]
      .flatMap((provider) => [
        ...provider.detection.signatureHeaders,
        ...provider.schemes.flatMap(headersOf),
        ...deliveryHeaders(provider),
      ])
      .map((name) => name.toLowerCase()),
  );
}

function headersOf({ signature, timestamp, id }: Scheme): readonly string[] {
  return [
    ...(signature.from === "header" ? [...signature.names, ...(signature.more ?? [])] : []),
    ...(timestamp?.from.kind === "header" ? timestamp.from.names : []),
    ...(id ?? []),
  ];
}

function deliveryHeaders({ outgoing, deliveryId }: Provider): readonly string[] {
  return [
    ...outgoing.flatMap(({ name, value }) => (value.from === "deliveryId" || value.from === "now" ? [name] : [])),
    ...deliveryId.flatMap((source) => (source.in === "header" ? [source.name] : [])),
  ];
}
