// What a handler worked with, as the answer to the request: the driver hands it to hookcli.

/** The answer of a wrong handler: `hashed` is what it would hash, text as node:crypto takes it. */
export function seen(hashed, { headers, url }) {
  return { body: Buffer.from(hashed).toString("base64"), headers, url };
}

/** The headers of a request of node:http as pairs, in their order. */
export function headerPairs({ rawHeaders }) {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]]] : []));
}
