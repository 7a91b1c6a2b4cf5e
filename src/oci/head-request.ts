import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** The answer to a HEAD request: there is no body. */
export interface HeadAnswer {
  statusCode: number;
  headers: IncomingHttpHeaders;
}

export interface HeadRequest extends Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'headers'> {
  /** Is given what ends the request early. Answers how to take that back. */
  whenEnded: (stop: (reason: Error) => void) => () => void;
}

/**
 * Asks by HEAD. undici's own `request` makes a stream for every answer, and takes an abort signal for every call; whoever copies many tags
 * that did not change does nothing but ask, and those would be a third of the work.
 *
 * @throws what undici and the network say, or the reason for which it was ended.
 */
export function requestHead(dispatcher: Dispatcher, { whenEnded, ...request }: HeadRequest): Promise<HeadAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let ended: Error | undefined;
    const release = whenEnded((reason) => {
      ended = reason;
      controller?.abort(reason);
      reject(reason);
    });
    const fail = (error: unknown): void => {
      release();
      reject(error);
    };
    const handler: Dispatcher.DispatchHandler = {
      // Not before there is a connection for it, and again on another one if that ended before it was used.
      onRequestStart: (started) => {
        controller = started;
        if (ended) started.abort(ended);
      },
      onResponseStart: (_, statusCode, headers) => {
        if (statusCode < 200) return;
        release();
        resolve({ statusCode, headers });
      },
      onResponseData: () => {},
      onResponseEnd: () => {},
      onResponseError: (_, error) => fail(error),
    };
    try {
      // undici would end the connection after every HEAD, for servers that send a body with its answer.
      dispatcher.dispatch({ ...request, method: 'HEAD', reset: false }, handler);
    } catch (error) {
      fail(error);
    }
  });
}
