import http from 'node:http';
import type { ServiceHealth } from './admin-api.ts';

/** A service to ask: `address` is `host:port`. */
export interface ProbedService {
  readonly name: string;
  readonly address: string;
  readonly path: string;
}

const probeTimeoutMs = 2000;

/** Asks every service for its health page at once. */
export async function probeServices(services: readonly ProbedService[]): Promise<ServiceHealth[]> {
  return Promise.all(services.map(probe));
}

function probe({ name, address, path }: ProbedService): Promise<ServiceHealth> {
  return new Promise((resolve) => {
    const failed = (detail: string): void => resolve({ name, ok: false, detail });
    const request = http.get(`http://${address}${path}`, { timeout: probeTimeoutMs, agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve({ name, ok: true });
      else failed(`${path} answered ${response.statusCode}.`);
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${probeTimeoutMs} ms`)));
    request.once('error', (error) => failed(error.message));
  });
}
