import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import type { PlatformConfig } from './config.ts';

/** A log beyond this is moved aside at the next start, so that two of them are the most there ever is. */
const maxLogBytes = 20 * 1024 ** 2;

/** The structured log of a server, `server.log` in its data directory; one JSON object a line. */
export function openLog({ dataDirectory, logLevel }: Pick<PlatformConfig, 'dataDirectory' | 'logLevel'>): Logger {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const file = join(dataDirectory, 'server.log');
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(file, `${file}.1`);
  return pino({ level: logLevel }, pino.destination({ dest: file, append: true, sync: true, mode: 0o600 }));
}
