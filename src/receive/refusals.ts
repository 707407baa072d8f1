import type { BodyEnd } from "./body.js";
import type { Refusal } from "./refusal.js";

/** What is refused whatever the user asked for. */
export const REFUSALS = {
  closing: { status: 503, code: "shutting_down", message: "hookcli is shutting down" },
  expectation: { status: 417, code: "unknown_expectation", message: "no expectation but 100-continue is understood" },
  connect: { status: 405, code: "method_not_allowed", message: "CONNECT is not for webhooks" },
  bug: { status: 500, code: "internal_error", message: "hookcli failed to handle the request" },
} as const satisfies Record<string, Refusal>;

/** Why a body that was not wholly read is refused. */
export const BODY_REFUSALS: Readonly<Record<Exclude<BodyEnd, "whole">, Refusal>> = {
  too_large: { status: 413, code: "body_too_large", message: "the body is larger than this receiver takes" },
  overloaded: { status: 503, code: "overloaded", message: "too many bodies are in flight" },
  truncated: { status: 400, code: "body_truncated", message: "the connection was closed before the body's end" },
  slow: { status: 408, code: "body_too_slow", message: "the body took too long" },
};
