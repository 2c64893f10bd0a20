import http from 'node:http';
import { z } from 'zod';
import { ExecAgent } from '../../engine/server/exec-agent.ts';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { Approval, ApprovalOutcome, DenialOutcome } from '../approval.ts';
import type { ServiceHealth } from '../container/admin-api.ts';
import { adminAddress } from '../container/container-config.ts';

const approvalSchema = z.object({
  code: z.string(),
  clientId: z.string(),
  scope: z.string(),
  requestedAt: z.string(),
  expiresAt: z.string(),
});
const approvalsSchema = z.object({ approvals: z.array(approvalSchema) });
const approvalOutcomeSchema = z.object({ outcome: z.enum(['approved', 'unknown', 'expired']) });
const denialOutcomeSchema = z.object({ outcome: z.enum(['denied', 'unknown', 'expired']) });
const serviceHealthSchema = z.object({ name: z.string(), ok: z.boolean(), detail: z.string().exactOptional() });
const healthSchema = z.object({ services: z.array(serviceHealthSchema) });

const requestTimeoutMs = 10_000;
const maxAnswerBytes = 256 * 1024;

interface AdminRequest<T> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly schema: z.ZodType<T>;
}

/** The trust container's admin interface, reached through the engine. Throws PlatformError `trust-unavailable`. */
export class AdminClient {
  readonly #agent: ExecAgent;

  constructor(docker: DockerClient, container: string) {
    this.#agent = new ExecAgent({ docker, container, target: `${adminAddress.host}:${adminAddress.port}` });
  }

  async health(): Promise<ServiceHealth[]> {
    return (await this.#ask({ method: 'GET', path: '/health', schema: healthSchema })).services;
  }

  async pending(linkAddress: string): Promise<Approval[]> {
    const path = `/approvals?link=${encodeURIComponent(linkAddress)}`;
    return (await this.#ask({ method: 'GET', path, schema: approvalsSchema })).approvals;
  }

  async approve(body: { code: string; linkAddress: string; email: string }): Promise<ApprovalOutcome> {
    return (await this.#ask({ method: 'POST', path: '/approvals/approve', body, schema: approvalOutcomeSchema })).outcome;
  }

  async deny(body: { code: string; linkAddress: string }): Promise<DenialOutcome> {
    return (await this.#ask({ method: 'POST', path: '/approvals/deny', body, schema: denialOutcomeSchema })).outcome;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask<T>(request: AdminRequest<T>): Promise<T> {
    const answer = await this.#send(request)
      .catch((error: unknown) => {
        // A kept connection breaks when the container restarts; the next one is new. Asking twice is safe: the second
        // answer to an approval is `unknown`, and only when the first was lost.
        if (isBrokenConnection(error)) return this.#send(request);
        throw error;
      })
      .catch((error: unknown) => {
        throw unavailable(error instanceof Error ? error.message : String(error), error);
      });
    if (answer.status !== 200) throw unavailable(`${request.path} answered ${answer.status}: ${answer.body.slice(0, 500)}`);
    const result = request.schema.safeParse(parseJson(answer.body));
    if (!result.success) throw unavailable(`${request.path} gave an unexpected answer`);
    return result.data;
  }

  #send({ method, path, body }: AdminRequest<unknown>): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? '' : JSON.stringify(body);
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const options = {
        agent: this.#agent,
        host: adminAddress.host,
        port: adminAddress.port,
        method,
        path,
        headers,
        signal: AbortSignal.timeout(requestTimeoutMs),
      };
      const request = http.request(options, (response) => {
        collect(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject);
      });
      request.once('error', reject);
      request.end(payload);
    });
  }
}

async function collect(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function unavailable(reason: string, cause?: unknown): PlatformError {
  return new PlatformError('trust-unavailable', `The signing services do not answer: ${reason}.`, { cause });
}
