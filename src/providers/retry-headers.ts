/** The names of all headers in which built-in rows, and hookcli, mark a retry: what has none of them needs no look at its row. */
export const RETRY_HEADERS: RegExp = /retr(?:y|ied)|attempt|delivery-count/i;

/** How an attempt ended that is made again. */
export interface FailedAttempt {
  readonly status: number | null;
  readonly error: string | null;
}

/**
 * Why there is a retry, in the words that Slack and Square share; `undefined` where theirs differ.
 * Sources: https://docs.slack.dev/apis/events-api (error handling), https://developer.squareup.com/docs/webhooks/step4manage
 */
export function retryReason({ status, error }: FailedAttempt): string | undefined {
  if (error === "timeout") return "http_timeout";
  if (error === "tls") return "ssl_error";
  return error === null && status !== null ? "http_error" : undefined;
}
