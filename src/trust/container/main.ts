import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Server } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { labHosts } from '../lab-hosts.ts';
import { createAdminApi, type ServiceHealth } from './admin-api.ts';
import {
  adminAddress,
  containerConfigPath,
  readContainerConfig,
  rekorDataDirectory,
  trustDataDirectory,
  type ContainerConfig,
} from './container-config.ts';
import { CertificateLog } from './ct-log/certificate-log.ts';
import { createCertificateLogHandler } from './ct-log/ct-routes.ts';
import { createFront } from './front.ts';
import type { HostHandler } from './http-answers.ts';
import { createCiIssuerHandler } from './issuer/ci-issuer.ts';
import { DeviceApprovals } from './issuer/device-approvals.ts';
import { IssuerStore } from './issuer/issuer-store.ts';
import { createIssuerHandler, createLearnerIssuer } from './issuer/learner-issuer.ts';
import { createRekorHandler, createFulcioHandler, createTimestampHandler } from './service-hosts.ts';
import { probeServices } from './service-health.ts';
import { TufRepository } from './tuf/tuf-repository.ts';
import { createTufHandler } from './tuf/tuf-routes.ts';

/** Signing is due once in two weeks; asking hourly costs nothing. */
const refreshIntervalMs = 60 * 60 * 1000;

const config = await readContainerConfig(containerConfigPath);
await mkdir(trustDataDirectory, { recursive: true });
const ctLog = await openCertificateLog(config);
const tuf = await openTufRepository(config);
const store = new IssuerStore();
const issuer = createLearnerIssuer({ store, signingKey: config.issuer.signingKey, cookieSecret: config.issuer.cookieSecret, log });

const hosts: Record<string, HostHandler> = {
  [labHosts.issuer]: createIssuerHandler(issuer),
  [labHosts.ciIssuer]: createCiIssuerHandler(config.issuer.ciPublicKey),
  [labHosts.ctLog]: createCertificateLogHandler(ctLog),
  [labHosts.tuf]: createTufHandler(tuf),
  [labHosts.fulcio]: createFulcioHandler(config.upstreams.fulcio),
  [labHosts.timestamp]: createTimestampHandler(config.upstreams.timestamp),
  [labHosts.rekor]: createRekorHandler(config.upstreams.rekor, rekorDataDirectory),
};
const front = createFront({ ...config.front, hosts, log });
const admin = createAdminApi({ approvals: new DeviceApprovals(issuer, store), health, log });

await listen(front, { host: '0.0.0.0', port: 443 });
await listen(admin, adminAddress);
setInterval(() => void tuf.refresh().catch((error: unknown) => log(`TUF: ${String(error)}`)), refreshIntervalMs).unref();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
log(`ready: ${ctLog.tree.size} certificates logged, TUF version ${tuf.version}`);

async function openCertificateLog({ ctLog: { keyPem, rootPems } }: ContainerConfig): Promise<CertificateLog> {
  return CertificateLog.open({
    path: join(trustDataDirectory, 'ct-entries'),
    privateKey: createPrivateKey(keyPem),
    roots: rootPems.map((pem) => new X509Certificate(pem)),
  });
}

async function openTufRepository({ tuf: { rootBase64, onlineKeyPem, targets } }: ContainerConfig): Promise<TufRepository> {
  return TufRepository.open({
    directory: join(trustDataDirectory, 'tuf'),
    root: Buffer.from(rootBase64, 'base64'),
    targets: new Map(Object.entries(targets).map(([name, text]) => [name, Buffer.from(text)])),
    onlineKey: createPrivateKey(onlineKeyPem),
  });
}

async function health(): Promise<readonly ServiceHealth[]> {
  const services = await probeServices([
    { name: 'fulcio', address: config.upstreams.fulcio, path: '/healthz' },
    { name: 'rekor', address: config.upstreams.rekor, path: '/healthz' },
    { name: 'tsa', address: config.upstreams.timestamp, path: '/ping' },
  ]);
  return [{ name: 'trust', ok: front.listening, detail: `${ctLog.tree.size} certificates logged` }, ...services];
}

async function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
}

async function stop(): Promise<void> {
  front.close();
  admin.close();
  front.closeAllConnections();
  admin.closeAllConnections();
  await ctLog.close();
  process.exit(0);
}

function log(message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${message}\n`);
}
