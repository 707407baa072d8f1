import { appFindings } from "./app.js";
import type { Finding } from "./finding.js";
import { listenerFindings } from "./listeners.js";
import { proxyFindings } from "./proxy.js";
import { publicFindings } from "./public.js";
import { routeFindings } from "./routes.js";
import { serviceFindings } from "./service.js";
import { signatureFindings } from "./signature.js";
import { storeFindings } from "./store.js";
import { systemFindings } from "./system.js";

/** Everything that is looked at, from this computer outwards. */
export const findings: readonly Finding[] = [
  ...systemFindings,
  ...storeFindings,
  ...listenerFindings,
  ...appFindings,
  ...routeFindings,
  ...signatureFindings,
  ...proxyFindings,
  ...serviceFindings,
  ...publicFindings,
];
