// The user's part of a recipe: GitHub's check, over the bytes that the recipe hands over.
import { createHmac, timingSafeEqual } from "node:crypto";

globalThis.isValid = (body, headers) => {
  if (!(body instanceof Uint8Array)) throw new TypeError("the body is no longer bytes");
  const header = headers.get?.("x-hub-signature-256") ?? headers["x-hub-signature-256"];
  const mac = `sha256=${createHmac("sha256", process.env.WEBHOOK_SECRET).update(body).digest("hex")}`;
  return header?.length === mac.length && timingSafeEqual(Buffer.from(header), Buffer.from(mac));
};
