/** What requests and answers are made of. */
export const PARTS = ["method", "path", "query", "status", "headers", "trailers", "body"] as const;

export type Part = (typeof PARTS)[number];
