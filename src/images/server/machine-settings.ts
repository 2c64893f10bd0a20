import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const;
const argumentNames = [...proxyNames, 'GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'npm_config_registry'] as const;
const certificateFiles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

function environmentOf(names: readonly string[]): Record<string, string> {
  const set = names
    .map((name) => [name, process.env[name]] as const)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return Object.fromEntries(set);
}

/** This machine's proxies, for commands in a container. */
export function proxyEnvironment(): Record<string, string> {
  return environmentOf(proxyNames);
}

/** What a build must know of this machine to fetch packages; none of it ends in an image. */
export function buildArguments(): Record<string, string> {
  return environmentOf(argumentNames);
}

/** The certificates that this machine trusts, as PEM, so that builds work behind a proxy that re-signs. */
export async function trustedCertificates(): Promise<Buffer> {
  const named = process.env['SSL_CERT_FILE'];
  const candidates = named === undefined || named === '' ? certificateFiles : [named, ...certificateFiles];
  for (const file of candidates) {
    const contents = await readFile(file).catch(() => undefined);
    if (contents !== undefined && contents.length > 0) return contents;
  }
  return Buffer.from(rootCertificates.join('\n'));
}
