import type { ApiServices } from '../../http/server/api-services.ts';
import { openEventStream } from '../../http/server/event-stream.ts';
import type { Reply } from '../../http/server/route.ts';

/** Changes of the preparation are told at most this often; a build reports many lines a second. */
const announceMs = 500;

export function showPreparation(_call: unknown, { board }: ApiServices): Promise<Reply> {
  return Promise.resolve({ status: 200, json: board.view() });
}

/** The preparation's state now and after every change. */
export function followPreparation(_call: unknown, { board }: ApiServices): Promise<Reply> {
  return Promise.resolve({
    stream: (response) => {
      let timer: NodeJS.Timeout | undefined;
      const unsubscribe = board.subscribe(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          send();
        }, announceMs);
      });
      const stream = openEventStream(response, () => {
        clearTimeout(timer);
        unsubscribe();
      });
      const send = (): void => stream.send({ name: 'preparation', data: board.view() });
      send();
    },
  });
}

/** The process serves. */
export function health(): Promise<Reply> {
  return Promise.resolve({ status: 200, json: { status: 'ok' } });
}

/** Labs can be started. */
export function readiness(_call: unknown, { board }: ApiServices): Promise<Reply> {
  const { state } = board.view();
  return Promise.resolve({ status: state === 'ready' ? 200 : 503, json: { status: state } });
}

export async function metrics(_call: unknown, { metricsText }: ApiServices): Promise<Reply> {
  const { contentType, text } = await metricsText();
  return { status: 200, bytes: Buffer.from(text), contentType };
}
