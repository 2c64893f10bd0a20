import http from 'node:http';
import { z } from 'zod';
import { readJson, RequestRefused, sendError, sendJson, urlOf } from './http-answers.ts';
import type { DeviceApprovals } from './issuer/device-approvals.ts';

/** State of one service, as the health of the platform shows it. */
export interface ServiceHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface AdminApiOptions {
  readonly approvals: DeviceApprovals;
  readonly health: () => Promise<readonly ServiceHealth[]>;
  readonly log: (message: string) => void;
}

const answerSchema = z.object({ code: z.string().min(1).max(32), linkAddress: z.ipv4() });
const approveSchema = answerSchema.extend({ email: z.email().max(254) });
const maxBodyBytes = 4096;

/** What the platform asks of the container; bound to the loopback address, so no sandbox reaches it. */
export function createAdminApi(options: AdminApiOptions): http.Server {
  const server = http.createServer((request, response) => {
    answer(options, request).then(
      (body) => sendJson(response, 200, body),
      (error: unknown) => {
        if (!(error instanceof RequestRefused)) options.log(`admin ${request.url}: ${String(error)}`);
        sendError(response, error instanceof RequestRefused ? error.status : 500, String(error));
      },
    );
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

async function answer({ approvals, health }: AdminApiOptions, request: http.IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = urlOf(request);
  switch (`${request.method} ${pathname}`) {
    case 'GET /health':
      return { services: await health() };
    case 'GET /approvals':
      return { approvals: approvals.pending(searchParams.get('link') ?? '') };
    case 'POST /approvals/approve': {
      const { code, linkAddress, email } = parse(approveSchema, await readJson(request, maxBodyBytes));
      return { outcome: await approvals.approve(code, { linkAddress, email }) };
    }
    case 'POST /approvals/deny': {
      const { code, linkAddress } = parse(answerSchema, await readJson(request, maxBodyBytes));
      return { outcome: await approvals.deny(code, linkAddress) };
    }
    default:
      throw new RequestRefused(404, `There is no ${request.method} ${pathname}.`);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new RequestRefused(400, z.prettifyError(result.error));
  return result.data;
}
