import type { ServerResponse } from 'node:http';

/** Proxies cut connections that are silent for a minute. */
const heartbeatMs = 15_000;
/** A reader that is this far behind has gone or will never catch up; it reconnects and gets the present state. */
const maxBufferedBytes = 1024 * 1024;

/** Server-sent events to one reader. */
export interface EventStream {
  send(event: { readonly name: string; readonly id?: string; readonly data: unknown }): void;
  close(): void;
}

/** Begins an event stream; `onClose` is called once when the reader has gone or the stream was closed. */
export function openEventStream(response: ServerResponse, onClose: () => void): EventStream {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.write('retry: 1000\n\n');
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  response.once('close', () => {
    clearInterval(heartbeat);
    onClose();
  });
  return {
    send: ({ name, id, data }) => {
      if (response.writableEnded || response.destroyed) return;
      response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      if (response.writableLength > maxBufferedBytes) response.destroy();
    },
    close: () => response.end(),
  };
}
