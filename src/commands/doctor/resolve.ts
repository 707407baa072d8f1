import { lookup } from "node:dns/promises";
import { isLocalName } from "../../events/authority.js";

/** The addresses of a name. Rejects with a system error, also when the resolver does not answer in time. */
export async function resolveName(hostname: string, timeoutMs: number): Promise<readonly string[]> {
  if (isLocalName(hostname)) return ["127.0.0.1", "::1"];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = Object.assign(new Error("no answer"), { code: "EAI_AGAIN" });
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    const found = await Promise.race([lookup(hostname, { all: true }), late]);
    return found.map(({ address }) => address);
  } finally {
    clearTimeout(timer);
  }
}
