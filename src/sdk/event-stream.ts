/** One server-sent event whose data is JSON. */
export interface StreamedEvent {
  /** `message` where the server named none. */
  event: string;
  data: unknown;
}

/** Longest event that is taken, in characters: a doctor's report is some tens of kilobytes. */
const longestEvent = 8 * 1024 * 1024;

/**
 * Reads `text/event-stream` (WHATWG HTML, "Server-sent events") as JSON events. Comments, `id:` and `retry:` are passed over:
 * streams of the hub are not resumed. Leaving the loop cancels the answer.
 */
export async function* readEvents(response: Response): AsyncGenerator<StreamedEvent, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      if (rest.length > longestEvent) throw new Error('The event stream holds a line that is too long.');
      // A carriage return at the very end may be half of a line break.
      const lines = rest.split(done ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event: event || 'message', data: JSON.parse(data.join('\n')) as unknown };
          event = '';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') event = text;
        else if (field === 'data') data.push(text);
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
