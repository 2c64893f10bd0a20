import type { Server } from 'node:https';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createFront } from '../../../src/trust/container/front.ts';
import type { HostHandler } from '../../../src/trust/container/http-answers.ts';
import { labHosts } from '../../../src/trust/lab-hosts.ts';
import { issueRoot, issueServerLeaf } from '../../../src/trust/server/certificates.ts';

const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

interface FrontAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

interface FrontRequest {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly headers?: Record<string, string>;
}

/** A front on a free port, asked over TLS with the certificate checked. */
export interface TestFront extends AsyncDisposable {
  readonly server: Server;
  readonly logged: string[];
  ask(request: FrontRequest): Promise<FrontAnswer>;
}

/** Starts the real front for `hosts`. */
export async function startFront(hosts: Record<string, HostHandler>): Promise<TestFront> {
  const ca = await issueRoot({ ...life, commonName: 'lab CA' });
  const leaf = await issueServerLeaf(Object.values(labHosts), life, ca);
  const logged: string[] = [];
  const server = createFront({ certificatePem: leaf.certPem, keyPem: leaf.keyPem, hosts, log: (message) => logged.push(message) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new https.Agent({ ca: ca.certPem, keepAlive: true });
  return {
    server,
    logged,
    ask: (request) => ask({ agent, port }, request),
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ask({ agent, port }: { agent: https.Agent; port: number }, request: FrontRequest): Promise<FrontAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { ...request.headers, host: request.host, 'content-type': request.type ?? 'application/json' };
    const options = {
      agent,
      host: '127.0.0.1',
      port,
      servername: labHosts.issuer,
      path: request.path,
      method: request.method ?? 'GET',
      headers,
    };
    const outgoing = https.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(request.body);
  });
}
