import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Artifact } from '../grading/server/artifact.ts';
import { BundleVerifier, maxBundleBytes, type ExpectedSigner } from '../grading/server/bundle-verifier.ts';
import { publicGoodRoot } from '../grading/server/public-good-root.ts';
import { readPublicKey } from '../grading/server/trust-root.ts';

const usage =
  'npm run -s verify-bundle -- --bundle FILE (--certificate-identity ID --certificate-oidc-issuer URL | --key FILE) [--trusted-root FILE] ARTIFACT|sha256:HEX';

const help = `Verifies a Sigstore bundle: signature, certificate, SCT, log entry, timestamp, artifact and signer.

  ${usage}

  --bundle FILE                   the bundle, at most ${maxBundleBytes / 1024 / 1024} MiB
  --certificate-identity ID       who must have signed, exactly
  --certificate-oidc-issuer URL   who must have vouched for that identity, exactly
  --key FILE                      instead of the two: the public key that must have signed, PEM
  --trusted-root FILE             whom to trust; without it the public-good Sigstore
  ARTIFACT                        the file that was signed, or its digest as sha256:HEX

Exits 0 when the bundle is good for that artifact and signer; otherwise 1, with one line that says why.`;

/** Larger keys and roots are neither. */
const maxInputBytes = 4 * 1024 * 1024;
/** Bytes of an artifact that are kept for keys that do not sign a digest; larger artifacts are only hashed. */
const maxArtifactBytes = 256 * 1024 * 1024;

/** Something that makes the verification impossible or its result bad; the message is the one line. */
class Refusal extends Error {}

try {
  process.stdout.write(`${await main(process.argv.slice(2))}\n`);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`verify-bundle: ${message.replaceAll(/\s+/g, ' ')}\n`);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<string> {
  const { values, positionals } = readArguments(args);
  if (values.help === true) return help;
  const [target, ...more] = positionals;
  if (values.bundle === undefined || target === undefined || more.length > 0)
    throw new Refusal(`give one bundle and one artifact: ${usage}`);
  const signer = await readSigner(values);
  const artifact = await readArtifact(target);
  const bundle = await readBounded(values.bundle, maxBundleBytes);
  const file = values['trusted-root'];
  const root =
    file === undefined ? await publicGoodRoot() : { json: parseJson(await readBounded(file, maxInputBytes), file), refreshed: true };
  const result = new BundleVerifier(root.json).verify(bundle, artifact, signer);
  const note = root.refreshed ? '' : ' (public-good root as @sigstore/tuf carries it, since it could not be refreshed)';
  if (!result.ok) throw new Refusal(`${result.reason}${note}`);
  const { identity, issuer } = result.evidence.signer;
  const by = 'publicKey' in signer ? 'the given key' : `${identity} (issuer ${issuer})`;
  return `sha256:${artifact.sha256} is signed by ${by}${note}`;
}

function readArguments(args: string[]) {
  const text = { type: 'string' } as const;
  const options = {
    bundle: text,
    'certificate-identity': text,
    'certificate-oidc-issuer': text,
    key: text,
    'trusted-root': text,
    help: { type: 'boolean', short: 'h' },
  } as const;
  return parseArgs({ args, options, allowPositionals: true });
}

async function readSigner(values: ReturnType<typeof readArguments>['values']): Promise<ExpectedSigner> {
  const { key, 'certificate-identity': identity, 'certificate-oidc-issuer': issuer } = values;
  if (key !== undefined) {
    if (identity !== undefined || issuer !== undefined) throw new Refusal('give either a key or an identity with its issuer, not both');
    return { publicKey: readPublicKey((await readBounded(key, maxInputBytes)).toString('utf8')) };
  }
  if (!identity || !issuer) throw new Refusal('say who must have signed: --certificate-identity and --certificate-oidc-issuer, or --key');
  return { identity, issuer };
}

async function readArtifact(target: string): Promise<Artifact> {
  if (/^sha256:/i.test(target)) {
    const sha256 = target.slice('sha256:'.length).toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Refusal(`${target} is no SHA-256 digest: 64 hex digits must follow the colon`);
    return { sha256 };
  }
  const { size } = await regularFile(target);
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  for await (const chunk of createReadStream(target, { end: size === 0 ? 0 : size - 1 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    if (size <= maxArtifactBytes) kept.push(chunk);
  }
  const sha256 = hash.digest('hex');
  return size <= maxArtifactBytes ? { sha256, bytes: Buffer.concat(kept) } : { sha256 };
}

async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  const { size } = await regularFile(path);
  if (size > maxBytes) throw new Refusal(`${path} is larger than ${maxBytes / 1024 / 1024} MiB`);
  await using file = await open(path);
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await file.read(buffer, 0, size, 0);
  return buffer.subarray(0, bytesRead);
}

async function regularFile(path: string): Promise<{ size: number }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Refusal(`there is no file ${path}`);
  if (!found.isFile()) throw new Refusal(`${path} is not a regular file`);
  return found;
}

function parseJson(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal(`${name} is not JSON`);
  }
}
