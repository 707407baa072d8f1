import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { providerNamed } from "../../src/providers/index.js";
import { verifyProvider } from "../../src/providers/verify.js";
import type { HeaderList } from "../../src/events/headers.js";

const SECRET = "example-secret";
const SECONDS = 1_767_323_045;

/** Whether Mercado Pago's row takes a request whose manifest was this. */
function takes(manifest: string, { url, headers = [] }: { url: string; headers?: HeaderList }): boolean {
  const mac = createHmac("sha256", SECRET).update(manifest).digest("hex");
  const provider = providerNamed("mercado-pago");
  const request = {
    method: "POST",
    url,
    headers: [["x-signature", `ts=${SECONDS},v1=${mac}`] as const, ...headers],
    body: Buffer.from("{}"),
  };
  return verifyProvider({ provider, request, now: SECONDS * 1000, secrets: [Buffer.from(SECRET)], settings: {} }).valid;
}

// What the provider's own library does: pairs whose value is not there are left out, name and all.
describe("a part that is left out where the request has none", () => {
  const bare = "https://example.com/hooks";
  const full = `${bare}?data.id=PAY-1&type=payment`;
  const headers: HeaderList = [["x-request-id", "r-1"]];

  it("is signed where it is there", () => {
    expect(takes(`id:pay-1;request-id:r-1;ts:${SECONDS};`, { url: full, headers })).toBe(true);
  });

  it("leaves nothing of itself where it is not", () => {
    expect(takes(`request-id:r-1;ts:${SECONDS};`, { url: bare, headers })).toBe(true);
    expect(takes(`id:pay-1;ts:${SECONDS};`, { url: full })).toBe(true);
    expect(takes(`ts:${SECONDS};`, { url: bare })).toBe(true);
  });

  it("cannot be taken from a request, or given to one, after it was signed", () => {
    expect(takes(`id:pay-1;request-id:r-1;ts:${SECONDS};`, { url: full })).toBe(false);
    expect(takes(`id:pay-1;request-id:r-1;ts:${SECONDS};`, { url: bare, headers })).toBe(false);
    expect(takes(`ts:${SECONDS};`, { url: full, headers })).toBe(false);
    expect(takes(`id:;request-id:;ts:${SECONDS};`, { url: bare })).toBe(false);
  });
});
