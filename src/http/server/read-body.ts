import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { PlatformError } from '../../shared/errors.ts';

/** Every JSON body of the interface fits many times. */
const maxJsonBytes = 64 * 1024;

/**
 * Reads a request's body.
 * @throws PlatformError `body-too-large`; what is over the limit is not read.
 */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): PlatformError => new PlatformError('body-too-large', `At most ${maxBytes} bytes are taken here.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a JSON body of a schema; an empty body counts as `{}`.
 * @throws PlatformError `request-invalid` that names the fields, `body-too-large`
 */
export async function readJson<Schema extends z.ZodType>(request: IncomingMessage, schema: Schema): Promise<z.output<Schema>> {
  const text = (await readBytes(request, maxJsonBytes)).toString('utf8');
  const parsed = schema.safeParse(parseJson(text === '' ? '{}' : text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 10).map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`);
  throw new PlatformError('request-invalid', faults.join('; '));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PlatformError('request-invalid', 'The body is not JSON.');
  }
}
