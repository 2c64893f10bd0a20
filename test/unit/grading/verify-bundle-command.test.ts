import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createTestSigstore } from '../../support/test-sigstore.ts';

const command = resolve(import.meta.dirname, '../../../src/cli/verify-bundle.ts');
const artifact = Buffer.from('the release');
const sha256 = createHash('sha256').update(artifact).digest('hex');
const signer = ['--certificate-identity', 'ada@learners.test', '--certificate-oidc-issuer', 'https://oidc.test'];
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-bundle-'));
  const sigstore = await createTestSigstore();
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = {
    'root.json': JSON.stringify(sigstore.trustedRoot),
    'statement.json': JSON.stringify(await sigstore.signStatement({ identity: 'ada@learners.test', subjectSha256: sha256 })),
    'message.json': JSON.stringify(await sigstore.signArtifact('ada@learners.test', artifact)),
    'keyed.json': JSON.stringify(await sigstore.signWithKey(keys.privateKey, artifact)),
    'key.pem': keys.publicKey.export({ type: 'spki', format: 'pem' }),
    'corrupt.json': '{"mediaType":',
    artifact,
    other: 'another release',
    empty: '',
  };
  for (const [name, contents] of Object.entries(files)) await writeFile(join(folder, name), contents);
  await using huge = await open(join(folder, 'huge.json'), 'w');
  await huge.truncate(500 * 1024 * 1024);
});

after(() => rm(folder, { recursive: true }));

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [command, ...args], { cwd: folder, timeout: 20_000 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

const root = ['--trusted-root', 'root.json'];

describe('verify-bundle', () => {
  const good: Record<string, string[]> = {
    'a statement for a file': ['--bundle', 'statement.json', ...signer, ...root, 'artifact'],
    'a statement for a digest': ['--bundle', 'statement.json', ...signer, ...root, `sha256:${sha256}`],
    'a signed file': ['--bundle', 'message.json', ...signer, ...root, 'artifact'],
    'a signed file by its digest': ['--bundle', 'message.json', ...signer, ...root, `sha256:${sha256}`],
    'a file signed with a key': ['--bundle', 'keyed.json', '--key', 'key.pem', ...root, 'artifact'],
  };
  for (const [what, args] of Object.entries(good)) {
    it(`exits 0 for ${what}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, new RegExp(`^sha256:${sha256} is signed by .*\n$`));
    });
  }

  const bad: Record<string, { args: string[]; says: RegExp }> = {
    'another file': { args: ['--bundle', 'statement.json', ...signer, ...root, 'other'], says: /it is about sha256/ },
    'an empty file': { args: ['--bundle', 'message.json', ...signer, ...root, 'empty'], says: /it is about sha256/ },
    'another identity': {
      args: ['--bundle', 'statement.json', '--certificate-identity', '.*', ...signer.slice(2), ...root, 'artifact'],
      says: /signed by ada@learners.test/,
    },
    'another root': { args: ['--bundle', 'statement.json', ...signer, 'artifact'], says: /./ },
    'a corrupt bundle': { args: ['--bundle', 'corrupt.json', ...signer, ...root, 'artifact'], says: /not a Sigstore bundle/ },
    'an empty bundle': { args: ['--bundle', 'empty', ...signer, ...root, 'artifact'], says: /not a Sigstore bundle/ },
    'a bundle of 500 MiB': { args: ['--bundle', 'huge.json', ...signer, ...root, 'artifact'], says: /larger than 16 MiB/ },
    'a bundle that is a device': { args: ['--bundle', '/dev/zero', ...signer, ...root, 'artifact'], says: /not a regular file/ },
    'a missing bundle': { args: ['--bundle', 'none.json', ...signer, ...root, 'artifact'], says: /there is no file/ },
    'a missing artifact': { args: ['--bundle', 'statement.json', ...signer, ...root, 'none'], says: /there is no file/ },
    'a bad digest': { args: ['--bundle', 'statement.json', ...signer, ...root, 'sha256:12'], says: /64 hex digits/ },
    'a root that is none': {
      args: ['--bundle', 'statement.json', ...signer, '--trusted-root', 'statement.json', 'artifact'],
      says: /trusted root/,
    },
    'nobody expected': { args: ['--bundle', 'statement.json', ...root, 'artifact'], says: /say who/ },
    'a key that is none': { args: ['--bundle', 'keyed.json', '--key', 'artifact', ...root, 'artifact'], says: /./ },
    'no arguments': { args: [], says: /give one bundle/ },
    'an unknown option': { args: ['--nonsense'], says: /nonsense/ },
  };
  for (const [what, { args, says }] of Object.entries(bad)) {
    it(`exits 1 with one line for ${what}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr);
      assert.match(stderr, says);
      assert.match(stderr, /^[^\n]+\n$/);
    });
  }
});
