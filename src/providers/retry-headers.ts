/** The names of all headers in which built-in rows, and hookcli, mark a retry: what has none of them needs no look at its row. */
export const RETRY_HEADERS: RegExp = /retr(?:y|ied)|attempt|delivery-count/i;
